import { type DetectionEvent, encodeDetectionEvent } from '@trinetra/contracts';
import type { WriteFailure, WriteResult } from './sink.ts';

/** Events as lines, and the result of each if the lines arrive. */
export interface EventLines {
  readonly bytes: Buffer;
  readonly results: readonly WriteResult[];
}

/** One line per event: the bytes of the Kafka message and a newline. An event that cannot be encoded has none. */
export function encodeLines(events: readonly DetectionEvent[]): EventLines {
  const chunks: Buffer[] = [];
  const results = events.map((event): WriteResult => {
    try {
      const { bytes, truncatedEmbeddings } = encodeDetectionEvent(event);
      chunks.push(bytes, Buffer.from('\n'));
      return { ok: true, truncatedEmbeddings };
    } catch (error) {
      return { ok: false, reason: 'invalid', message: `The event cannot be encoded: ${String(error)}` };
    }
  });
  return { bytes: Buffer.concat(chunks), results };
}

/** The results where the lines did not arrive. */
export function failLines(lines: EventLines, failure: WriteFailure): WriteResult[] {
  return lines.results.map((result) => (result.ok ? failure : result));
}
