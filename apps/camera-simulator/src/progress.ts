import type { Summary } from './summary.ts';

/** Shows progress on standard error, if that is a terminal. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** Redraws a bar and a line, at most five times a second; nothing if it is no terminal. */
export interface Progress {
  show(summary: Summary): void;
  /** Writes a whole line above the progress line. */
  say(text: string): void;
  end(): void;
}

/** Cells of the bar. */
const barWidth = 24;

/** `[######------------------]  25 % ` */
function bar(share: number): string {
  const full = Math.floor(Math.min(1, share) * barWidth);
  const percent = String(Math.floor(Math.min(1, share) * 100)).padStart(3);
  return `[${'#'.repeat(full)}${'-'.repeat(barWidth - full)}] ${percent} % `;
}

export function createProgress(
  screen: Screen,
  expectedFrames: number,
  now: () => number = () => performance.now(),
): Progress {
  const clear = screen.isTTY === true ? '\r\u001b[K' : '';
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    show(summary) {
      if (screen.isTTY !== true || now() - shownAt < 200) return;
      shownAt = now();
      const isBounded = Number.isFinite(expectedFrames);
      const total = isBounded ? ` of ${expectedFrames}` : '';
      const done = summary.frames_in + summary.write_errors;
      const head = isBounded ? bar(done / expectedFrames) : '';
      const cameras = Object.keys(summary.cameras).length;
      const errors = summary.write_errors > 0 ? `, ${summary.write_errors} not written` : '';
      screen.write(
        `${clear}${head}${summary.frames_in}${total} frames from ${cameras} cameras, ${summary.seconds.toFixed(1)} s${errors}`,
      );
    },
    say(text) {
      screen.write(`${clear}${text}\n`);
    },
    end() {
      if (clear !== '') screen.write(clear);
    },
  };
}

/** The summary for people. */
export function describeSummary(summary: Summary): string {
  const rows = Object.entries(summary.cameras).map(([id, camera]) => {
    const damaged = camera.corrupt > 0 ? `, ${camera.corrupt} of them corrupt` : '';
    const { dropped = 0, outages = 0 } = camera;
    const missed = dropped > 0 ? `, ${dropped} dropped because newer ones had come` : '';
    const lost = outages > 0 ? `, its stream lost ${outages} time${outages === 1 ? '' : 's'}` : '';
    return `  ${id}: ${camera.frames_in} frames${damaged}${missed}${lost}`;
  });
  const total = `${summary.frames_in} frames in ${summary.seconds.toFixed(1)} s, the latest ${summary.max_late_ms} ms late`;
  return [total, ...rows].join('\n');
}
