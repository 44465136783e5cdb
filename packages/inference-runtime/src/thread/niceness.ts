import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Set once a thread, so that what it starts later is not lowered again. */
let lowered = false;

/**
 * Adds to the niceness of the calling thread, and of those that it starts from now on (a session's), so that the event loop gets a
 * core first where all are busy. On Linux only: elsewhere the whole process would be lowered.
 *
 * @see https://man7.org/linux/man-pages/man2/setpriority.2.html, "C library/kernel differences": of a thread, not of a process
 */
export function lowerThread(niceness: number): void {
  if (process.platform !== 'linux' || niceness === 0 || lowered) return;
  lowered = true;
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, Math.min(19, getPriority(thread) + niceness));
  } catch {
    // Not allowed here, or no /proc: the thread stays as it is.
  }
}
