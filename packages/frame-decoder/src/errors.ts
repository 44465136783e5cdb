import { TrinetraError } from '@trinetra/contracts';

/**
 * - `invalid_options`: an option is out of range or unknown, or a size is no positive integer.
 * - `closed`: the decoder was closed.
 * - `thread_failed`: a decode thread cannot be started (retryable once the decoder is created anew).
 */
export type FrameDecoderErrorCode = 'invalid_options' | 'closed' | 'thread_failed';

/** What the decoder throws. A bad frame is never thrown: it is a result with `ok: false`. */
export class FrameDecoderError extends TrinetraError<FrameDecoderErrorCode> {}

/** For a side of a picture that is no positive integer. */
export function invalidSize(name: string, value: number): FrameDecoderError {
  return new FrameDecoderError(
    'invalid_options',
    `Expected a positive integer for ${name} but received ${value}`,
  );
}
