import { setTimeout as delay } from 'node:timers/promises';

/** Pictures that loads write in turn: few, so that writing costs the workers little of the machine. */
export const pictures = 4;

/** Frames that are written until they are told to stop. */
export interface Load extends AsyncDisposable {
  /** `camera frame` of every entry that Redis confirmed; grows. */
  readonly written: ReadonlySet<string>;
  stop(): Promise<void>;
}

/** Calls `write` again and again, `everyMs` after it has ended; it adds what it has written. */
export function startLoad(everyMs: number, write: (written: Set<string>) => Promise<void>): Load {
  const written = new Set<string>();
  let running = true;
  async function run(): Promise<void> {
    while (running) {
      await write(written);
      await delay(everyMs);
    }
  }
  const writing = run();
  const stop = async (): Promise<void> => {
    running = false;
    await writing;
  };
  return { written, stop, [Symbol.asyncDispose]: stop };
}
