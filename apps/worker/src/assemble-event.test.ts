import { detectionEventSchema } from '@trinetra/contracts';
import type { FaceResult } from '@trinetra/face-aligner';
import type { Person } from '@trinetra/person-pipeline';
import { describe, expect, it } from 'vitest';
import { assembleEvent, type FrameFindings } from './assemble-event.ts';

const entry = {
  frameId: '5-0',
  cameraId: 'cam_01',
  cameraType: 'entrance',
  ingestTs: 1000,
  frame: new Uint8Array(1),
};
const context = { workerId: 'w', embeddingSpace: 'space', workerTs: 1001 };
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

/** A frame with a person of each box, and what was found of them. */
function findings(found: readonly Found[], failure?: string): FrameFindings {
  const persons = found.map((one, index) => ({ ...(boxes[index] ?? boxes[0]), ...one }));
  const frame = { image: { width: 200, height: 100 } };
  return { entry, frame, persons, ...(failure !== undefined && { failure }) };
}

describe('assembleEvent', () => {
  it('normalises boxes to the frame and aligns embeddings with detections', () => {
    const event = assembleEvent(findings([first, second]), context);
    expect(detectionEventSchema.parse(event)).toBeTruthy();
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
    const event = assembleEvent(
      findings([{ face, embedding: { ok: false, reason: 'out_of_memory' } }, second]),
      context,
    );
    expect(event).toMatchObject({
      embeddings: [],
      status: 'degraded',
      reasons: ['embedding_failed:out_of_memory'],
    });
  });

  it('loses only the faces of the run that failed', () => {
    const event = assembleEvent(
      findings([{ face, embedding: { ok: false, reason: 'run_failed' } }, first]),
      context,
    );
    expect(event.embeddings[0]).toBeNull();
    expect(event.embeddings[1]).toHaveLength(512);
    expect(event.status).toBe('degraded');
  });

  it('tells a failed detection', () => {
    const event = assembleEvent(findings([], 'detection_failed:run_failed'), context);
    expect(event).toMatchObject({
      status: 'failed',
      detections: [],
      embeddings: [],
      reasons: ['detection_failed:run_failed'],
    });
  });
});
