/** The needed part of a terminal. */
export interface Terminal {
  /** 0 or undefined if unknown. */
  readonly rows?: number | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Redraws a table once a second. Its last state stays. */
export interface LiveTable {
  stop(): void;
}

/** @param table Makes the text for the available lines. */
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
