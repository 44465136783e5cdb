import { encodeDetectionEvent, type FrameEntry, parseDetectionEvent } from '@trinetra/contracts';
import type { FaceResult } from '@trinetra/face-aligner';
import { describe, expect, it } from 'vitest';
import type { Person } from './person-stages.ts';
import { type Findings, toDetectionEvent } from './to-detection-event.ts';

const entry: FrameEntry = {
  frameId: '5-0',
  cameraId: 'cam_01',
  cameraType: 'entrance',
  ingestTs: 1000,
  frame: new Uint8Array(1),
};
const identity = { ...entry, workerId: 'w', workerTs: 1001 };
const face: FaceResult = {
  ok: true,
  value: {
    bbox: [20, 10, 40, 30],
    landmarks: [
      [25, 15],
      [35, 15],
      [30, 20],
      [26, 25],
      [34, 25],
    ],
    score: 0.9,
    aligned: new Uint8Array(112 * 112 * 3),
  },
};
const embedding = new Float32Array(512).fill(512 ** -0.5);

const boxes = [
  { bbox: [0, 0, 100, 100], confidence: 0.9, classId: 0 },
  { bbox: [100, 50, 200, 100], confidence: 0.5, classId: 0 },
] as const;

type Found = Pick<Person, 'face' | 'embedding'>;
const first: Found = { face, embedding: { ok: true, value: embedding } };
const second: Found = { face: { ok: false, reason: 'no_face' }, embedding: null };

/** A picture with a person of each box, and what was found of them. */
function findings(found: readonly Found[], failure?: string): Findings {
  const persons = found.map((one, index) => ({ ...(boxes[index] ?? boxes[0]), ...one }));
  return { image: { width: 200, height: 100 }, persons, failure, embeddingSpace: 'space' };
}

describe('toDetectionEvent', () => {
  it('normalises boxes to the frame and aligns embeddings with detections', () => {
    const event = toDetectionEvent(findings([first, second]), identity);
    expect(parseDetectionEvent(encodeDetectionEvent(event).bytes)).toMatchObject({
      worker_id: 'w',
      worker_ts: 1001,
    });
    expect(event.detections.map(({ bbox }) => bbox)).toEqual([
      [0, 0, 0.5, 1],
      [0.5, 0.5, 1, 1],
    ]);
    expect(event.embeddings.map((one) => one?.length)).toEqual([512, undefined]);
    expect(event.detections[1]?.face).toBe('no_face');
    expect(event).toMatchObject({
      status: 'ok',
      frame_id: '5-0',
      detections: [{ track_id: 0 }, { track_id: 1 }],
    });
  });

  it('has no embeddings at all where the stage failed', () => {
    const event = toDetectionEvent(
      findings([{ face, embedding: { ok: false, reason: 'out_of_memory' } }, second]),
      identity,
    );
    expect(event).toMatchObject({
      embeddings: [],
      status: 'degraded',
      reasons: ['embedding_failed:out_of_memory'],
    });
  });

  it('loses only the faces of the run that failed', () => {
    const event = toDetectionEvent(
      findings([{ face, embedding: { ok: false, reason: 'run_failed' } }, first]),
      identity,
    );
    expect(event.embeddings[0]).toBeNull();
    expect(event.embeddings[1]).toHaveLength(512);
    expect(event.status).toBe('degraded');
  });

  it('tells a failed detection', () => {
    const event = toDetectionEvent(findings([], 'detection_failed:run_failed'), identity);
    expect(event).toMatchObject({
      status: 'failed',
      detections: [],
      embeddings: [],
      reasons: ['detection_failed:run_failed'],
    });
  });

  it('needs neither a type of camera nor a time', () => {
    const before = Date.now() / 1000;
    const { cameraType: _, workerTs: __, ...rest } = identity;
    const event = toDetectionEvent(findings([]), rest);
    expect(event.camera_type).toBe('others');
    expect(event.worker_ts).toBeGreaterThanOrEqual(before);
    expect(event.worker_ts).toBeLessThanOrEqual(Date.now() / 1000);
  });
});
