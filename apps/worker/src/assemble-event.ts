import type { DetectedFace, DetectionEvent, EventDetection, Size, Xyxy } from '@trinetra/contracts';
import type { FaceResult } from '@trinetra/face-aligner';
import type { WorkerFrame } from './prepare-frame.ts';

/** What the stages found in one frame. */
export type FrameFindings = Pick<WorkerFrame, 'entry' | 'persons' | 'failure'> & {
  readonly frame: { readonly image: Size };
};

export interface EventContext {
  readonly workerId: string;
  readonly embeddingSpace: string | null;
  /** Seconds since the epoch. */
  readonly workerTs: number;
}

const clamp01 = (value: number): number => Math.min(1, Math.max(0, value));
const round = (value: number, digits: number): number => Number(value.toFixed(digits));

function normaliseBox(box: Xyxy, width: number, height: number): [number, number, number, number] {
  const unit = (value: number, size: number): number => round(clamp01(value / size), 6);
  return [unit(box[0], width), unit(box[1], height), unit(box[2], width), unit(box[3], height)];
}

function describeFace(face: FaceResult | null, width: number, height: number): EventDetection['face'] {
  if (face === null) return 'not_run';
  if (!face.ok) return face.reason;
  const { bbox, landmarks, score } = face.value;
  return {
    bbox: normaliseBox(bbox, width, height),
    landmarks: landmarks.map(([x, y]) => [
      round(x / width, 6),
      round(y / height, 6),
    ]) as DetectedFace['landmarks'],
    score: round(clamp01(score), 4),
  };
}

/** As `Array.from`, which takes twenty times as long. */
function toNumbers(values: Float32Array): number[] {
  const numbers = new Array<number>(values.length);
  for (let i = 0; i < values.length; i += 1) numbers[i] = values[i] as number;
  return numbers;
}

/**
 * Writes one frame's event: coordinates normalised to 0..1 of the frame, `embeddings[i]` beside
 * `detections[i]`. A frame none of whose faces could be embedded, because the stage failed, has `embeddings: []`.
 */
export function assembleEvent(findings: FrameFindings, context: EventContext): DetectionEvent {
  const { entry, persons, failure } = findings;
  const { width, height } = findings.frame.image;
  const tried = persons.flatMap(({ embedding }) => embedding ?? []);
  const failed = tried.flatMap((result) => (result.ok ? [] : [`embedding_failed:${result.reason}`]));
  const faceFailed = persons.some(({ face }) => face?.ok === false && face.reason === 'failed');
  const reasons = [...(failure === undefined ? [] : [failure]), ...(faceFailed ? ['face_failed'] : [])];
  reasons.push(...new Set(failed));
  const stageFailed = tried.length > 0 && failed.length === tried.length;
  return {
    schema_version: 1,
    frame_id: entry.frameId,
    camera_id: entry.cameraId,
    camera_type: entry.cameraType,
    ingest_ts: entry.ingestTs,
    worker_ts: context.workerTs,
    worker_id: context.workerId,
    status: failure !== undefined ? 'failed' : reasons.length > 0 ? 'degraded' : 'ok',
    reasons,
    embedding_space: context.embeddingSpace,
    detections: persons.map(({ bbox, confidence, classId, face }, index) => ({
      track_id: index,
      bbox: normaliseBox(bbox, width, height),
      confidence: round(clamp01(confidence), 6),
      class_id: classId,
      face: describeFace(face, width, height),
    })),
    embeddings: stageFailed
      ? []
      : persons.map(({ embedding }) => (embedding?.ok === true ? toNumbers(embedding.value) : null)),
  };
}
