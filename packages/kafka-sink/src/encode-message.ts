import { type DetectionEventToWrite, encodeDetectionEvent, type TraceContext } from '@trinetra/contracts';
import type { Message } from 'kafkajs';
import type { WriteFailure } from './sink.ts';

/** An event as a message, ready to be sent. */
export interface EncodedMessage {
  readonly message: Message;
  readonly truncatedEmbeddings: number;
}

/** Makes the message of an event, at most `maxBytes` long by leaving out embeddings, or says why there is none. */
export function encodeMessage(
  event: DetectionEventToWrite,
  maxBytes: number,
  traceContext?: TraceContext,
): EncodedMessage | WriteFailure {
  try {
    const { bytes, cameraId, frameId, truncatedEmbeddings } = encodeDetectionEvent(event, { maxBytes });
    if (bytes.byteLength > maxBytes) {
      const message = `Expected at most ${maxBytes} bytes without embeddings but the event has ${bytes.byteLength}`;
      return { ok: false, reason: 'too_large', message };
    }
    const headers = {
      'content-type': 'application/json',
      schema_version: String(event.schema_version),
      frame_id: frameId,
      ...traceContext,
    };
    return { message: { key: cameraId, value: bytes, headers }, truncatedEmbeddings };
  } catch (error) {
    return { ok: false, reason: 'invalid', message: `The event cannot be encoded: ${String(error)}` };
  }
}
