/** A terminal, as much as is needed of it. */
export interface Terminal {
  readonly rows?: number | undefined;
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
    const text = table((terminal.rows ?? 24) - 1);
    terminal.write(`${clear()}${text}\n`);
    drawn = text.split('\n').length;
  }, intervalMs);
  return {
    stop() {
      clearInterval(timer);
      if (drawn > 0) terminal.write(clear());
      drawn = 0;
    },
  };
}
