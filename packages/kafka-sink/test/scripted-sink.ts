import type { DetectionEvent } from '@trinetra/contracts';
import type { Delivery, PublishResult } from '../src/publishing/publisher-types.ts';
import type { DetectionSink, WriteResult } from '../src/sink.ts';

export const ok: WriteResult = { ok: true, truncatedEmbeddings: 0 };
export const away: WriteResult = { ok: false, reason: 'unreachable', message: 'away' };
export const tooLarge: WriteResult = { ok: false, reason: 'too_large', message: 'large' };

export function eventOf(id: string): DetectionEvent {
  return {
    schema_version: 1,
    frame_id: id,
    camera_id: 'cam',
    camera_type: 'others',
    ingest_ts: 1,
    worker_ts: 2,
    worker_id: 'w',
    status: 'ok',
    reasons: [],
    embedding_space: null,
    detections: [],
    embeddings: [],
  };
}

export const eventFrom = (camera: string, id: string): DetectionEvent => ({
  ...eventOf(id),
  camera_id: camera,
});

/** A sink whose answers a test decides: the seam of these tests is the broker. */
export class ScriptedSink implements DetectionSink {
  readonly written: string[] = [];
  answer: (id: string) => WriteResult = () => ok;

  async write(events: readonly DetectionEvent[]): Promise<WriteResult[]> {
    return events.map(({ frame_id: id }) => {
      const result = this.answer(id);
      if (result.ok) this.written.push(id);
      return result;
    });
  }
  async isHealthy(): Promise<boolean> {
    return true;
  }
  async problem(): Promise<null> {
    return null;
  }
  async close(): Promise<void> {}
  async [Symbol.asyncDispose](): Promise<void> {}
}

export const resultsOf = (deliveries: readonly Delivery[]): Promise<PublishResult[]> =>
  Promise.all(deliveries.map(({ result }) => result));
