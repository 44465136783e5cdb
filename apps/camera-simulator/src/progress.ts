import type { Summary } from './simulate.ts';

/** Where progress is shown: standard error, when somebody watches it. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** One line that is written over itself, at most five times a second; nothing where it is no terminal. */
export interface Progress {
  show(summary: Summary): void;
  /** Writes a whole line, the progress line out of its way. */
  say(text: string): void;
  end(): void;
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
      const total = Number.isFinite(expectedFrames) ? ` of ${expectedFrames}` : '';
      const cameras = Object.keys(summary.cameras).length;
      const errors = summary.write_errors > 0 ? `, ${summary.write_errors} not written` : '';
      screen.write(
        `${clear}${summary.frames_in}${total} frames from ${cameras} cameras, ${summary.seconds.toFixed(1)} s${errors}`,
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
    return `  ${id}: ${camera.frames_in} frames${damaged}`;
  });
  const total = `${summary.frames_in} frames in ${summary.seconds.toFixed(1)} s, the latest ${summary.max_late_ms} ms late`;
  return [total, ...rows].join('\n');
}
