import { checkWrittenEvent, type DetectionEventToWrite } from './detection-event.ts';
import { embeddingText } from './embedding-text.ts';

/** An event encoded for a broker. */
export interface EncodedEvent {
  readonly cameraId: string;
  readonly frameId: string;
  /** JSON, UTF-8. */
  readonly bytes: Buffer;
  /** Embeddings left out to stay under the limit. */
  readonly truncatedEmbeddings: number;
}

function assemble(event: DetectionEventToWrite, embeddings: readonly string[]): Buffer {
  const { embeddings: _embeddings, ...rest } = event;
  const head = JSON.stringify(rest);
  return Buffer.from(`${head.slice(0, -1)},"embeddings":[${embeddings.join(',')}]}`);
}

/**
 * Writes an event as JSON with short embeddings (the cosine moves by less than 1e-6).
 *
 * Past `maxBytes` the embeddings of the least confident persons become null, and the
 * event `degraded` with the reason `embeddings_truncated`.
 *
 * @throws {ContractsError} `invalid_event` where a reader would refuse it: a number that is not finite, a box beyond 0..1.
 * @param options `maxBytes`, by default 900,000: under the 1 MB that Kafka brokers accept, with room for headers.
 */
export function encodeDetectionEvent(
  event: DetectionEventToWrite,
  { maxBytes = 900_000 }: { readonly maxBytes?: number } = {},
): EncodedEvent {
  checkWrittenEvent(event);
  const embeddings = event.embeddings.map((one) => (one === null ? 'null' : embeddingText(one)));
  const base = { cameraId: event.camera_id, frameId: event.frame_id };
  const bytes = assemble(event, embeddings);
  if (bytes.byteLength <= maxBytes) return { ...base, bytes, truncatedEmbeddings: 0 };

  const flagged: DetectionEventToWrite = {
    ...event,
    status: event.status === 'ok' ? 'degraded' : event.status,
    reasons: [...event.reasons.filter((reason) => reason !== 'embeddings_truncated'), 'embeddings_truncated'],
  };
  let excess = assemble(flagged, embeddings).byteLength - maxBytes;
  let truncatedEmbeddings = 0;
  for (let i = embeddings.length - 1; i >= 0 && excess > 0; i -= 1) {
    const text = embeddings[i];
    if (text === undefined || text === 'null') continue;
    excess -= text.length - 4;
    embeddings[i] = 'null';
    truncatedEmbeddings += 1;
  }
  return { ...base, bytes: assemble(flagged, embeddings), truncatedEmbeddings };
}
