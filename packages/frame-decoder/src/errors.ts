import { TrinetraError } from '@trinetra/contracts';

/**
 * - `invalid_options`: an option is out of range or unknown, or a size is no positive integer.
 * - `closed`: the decoder was closed.
 * - `thread_failed`: a decode thread cannot be started (retryable once the decoder is created anew).
 */
export type FrameDecoderErrorCode = 'invalid_options' | 'closed' | 'thread_failed';

/** What the decoder throws. A bad frame is never thrown: it is a result with `ok: false`. */
export class FrameDecoderError extends TrinetraError<FrameDecoderErrorCode> {}

/** @throws {FrameDecoderError} `invalid_options` for a side of a picture that is no positive integer. */
export function checkSides(sides: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(sides)) {
    if (Number.isInteger(value) && value >= 1) continue;
    const message = `Expected a positive integer for ${name} but received ${value}`;
    throw new FrameDecoderError('invalid_options', message);
  }
}
