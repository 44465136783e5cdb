/** Output for people. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Text for people: whole lines, and one line of progress. */
export interface Screen {
  say(text: string): void;
  /** Replaces the progress line; without a terminal, prints a line now and then. */
  progress(text: string): void;
  /** Ends the progress line. */
  endProgress(): void;
}

const ttyIntervalMs = 200;
const logIntervalMs = 5000;

/** @param now Milliseconds of a clock that never goes back. */
export function createScreen(output: Output, now: () => number = () => performance.now()): Screen {
  const tty = output.isTTY === true;
  let shownAt = Number.NEGATIVE_INFINITY;
  let latest: string | undefined;
  let written: string | undefined;
  const write = (text: string): void => {
    shownAt = now();
    written = text;
    output.write(tty ? `\r\x1b[2K${text.slice(0, (output.columns ?? 80) - 1)}` : `${text}\n`);
  };
  const end = (): void => {
    // Always show the last state.
    if (latest !== undefined && latest !== written) write(latest);
    if (latest !== undefined && tty) output.write('\n');
    latest = undefined;
    written = undefined;
  };
  return {
    say(text) {
      end();
      output.write(`${text}\n`);
    },
    progress(text) {
      latest = text;
      if (now() - shownAt >= (tty ? ttyIntervalMs : logIntervalMs)) write(text);
    },
    endProgress: end,
  };
}
