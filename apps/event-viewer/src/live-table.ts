/** A terminal, as much as is needed of it. */
export interface Terminal {
  /** 0 or undefined if it does not say. */
  readonly rows?: number | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** A table that is drawn over itself once a second, until its last state stays. */
export interface LiveTable {
  stop(): void;
}

/** @param table Makes the text, given the lines that it may have. */
export function startLiveTable(
  terminal: Terminal,
  table: (maxRows: number) => string,
  intervalMs = 1000,
): LiveTable {
  let drawn = 0;
  const clear = (): string => (drawn === 0 ? '' : `\u001b[${drawn}A\u001b[0J`);
  const timer = setInterval(() => {
    // A line that wraps would count as two.
    const lines = table((terminal.rows || 24) - 1)
      .split('\n')
      .map((line) => line.slice(0, terminal.columns || 80));
    terminal.write(`${clear()}${lines.join('\n')}\n`);
    drawn = lines.length;
  }, intervalMs);
  return {
    stop() {
      clearInterval(timer);
      if (drawn > 0) terminal.write(clear());
      drawn = 0;
    },
  };
}
