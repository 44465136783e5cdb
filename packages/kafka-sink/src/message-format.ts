import { bufferOf, type DetectionEventToWrite, type TraceContext } from '@trinetra/contracts';
import { type EncodedMessage, encodeMessage } from './encode-message.ts';
import type { WriteFailure } from './sink.ts';

/** What `encode()` makes of a message. */
export interface EncodedValue {
  /** Text is written as UTF-8; null is a tombstone. */
  readonly value: string | Uint8Array | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How messages are written that are no detection events. */
export interface MessageFormat<Message extends object> {
  /** Messages of one key go into one partition, in order. */
  readonly key: (message: Message) => string;
  /** Must return at once. A message for which this or `key` throws is `invalid`, and costs no other. */
  readonly encode: (message: Message) => EncodedValue;
}

/** How a sink writes its messages. */
export interface Format<Message extends object> {
  keyOf(message: Message): string | WriteFailure;
  encode(message: Message, key: string): EncodedMessage | WriteFailure;
}

/** Detection events: under their camera, as JSON, cut to the limit. */
export function eventFormat(
  maxBytes: number,
  traceContextOf: (event: DetectionEventToWrite) => TraceContext | undefined,
): Format<DetectionEventToWrite> {
  return {
    keyOf: (event) => event.camera_id,
    encode: (event) => encodeMessage(event, maxBytes, traceContextOf(event)),
  };
}

const invalid = (problem: unknown): WriteFailure => ({
  ok: false,
  reason: 'invalid',
  message: `The message cannot be encoded: ${String(problem)}`,
});

/** Other messages: as their owner encodes them, refused past the limit. */
export function ownFormat<Message extends object>(
  format: MessageFormat<Message>,
  maxBytes: number,
): Format<Message> {
  return {
    keyOf: (message) => {
      try {
        const key: unknown = format.key(message);
        return typeof key === 'string' ? key : invalid(`key(): expected a text but received ${typeof key}`);
      } catch (error) {
        return invalid(error);
      }
    },
    encode: (message, key) => {
      try {
        const { value: given, headers } = format.encode(message);
        const value = typeof given === 'string' ? Buffer.from(given) : given && bufferOf(given);
        if (value !== null && value.byteLength > maxBytes) {
          const problem = `Expected at most ${maxBytes} bytes but the message has ${value.byteLength}`;
          return { ok: false, reason: 'too_large', message: problem };
        }
        return { message: { key, value, headers: { ...headers } }, truncatedEmbeddings: 0 };
      } catch (error) {
        return invalid(error);
      }
    },
  };
}
