import type { DetectionEvent, EventDetection, FrameEntry, Point, Size, Xyxy } from '@trinetra/contracts';
import type { FaceResult } from '@trinetra/face-aligner';
import type { Person } from './person-stages.ts';

/** What was found in one picture. */
export interface Findings {
  /** Of the picture as it came, px. */
  readonly image: Size;
  /** Most confident first, in pixels of the picture. */
  readonly persons: readonly Person[];
  /** Why detection failed, such as `detection_failed:run_failed`. */
  readonly failure?: string | undefined;
  /** Null where no face is embedded. */
  readonly embeddingSpace: string | null;
}

/** Which frame it was, and who looked at it. A `FrameEntry` tells all but the worker. */
export interface FrameIdentity extends Pick<FrameEntry, 'frameId' | 'cameraId' | 'ingestTs'> {
  /** Default `others`. */
  readonly cameraType?: string;
  readonly workerId: string;
  /** Seconds since the epoch; default: now. */
  readonly workerTs?: number;
}

const clamp01 = (value: number): number => Math.min(1, Math.max(0, value));
const round = (value: number, digits: number): number => Number(value.toFixed(digits));

function normaliseBox(box: Xyxy, width: number, height: number): Xyxy {
  const unit = (value: number, size: number): number => round(clamp01(value / size), 6);
  return [unit(box[0], width), unit(box[1], height), unit(box[2], width), unit(box[3], height)];
}

function describeFace(face: FaceResult | null, width: number, height: number): EventDetection['face'] {
  if (face === null) return 'not_run';
  if (!face.ok) return face.reason;
  const { bbox, landmarks, score } = face.value;
  const unit = ([x, y]: Point): Point => [round(x / width, 6), round(y / height, 6)];
  const [leftEye, rightEye, nose, leftMouth, rightMouth] = landmarks;
  return {
    bbox: normaliseBox(bbox, width, height),
    landmarks: [unit(leftEye), unit(rightEye), unit(nose), unit(leftMouth), unit(rightMouth)],
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
 * Makes the event of one picture: coordinates normalised to 0..1 of the picture, `embeddings[i]` beside `detections[i]`.
 * A picture none of whose faces could be embedded, because the stage failed, has `embeddings: []`.
 *
 * @example
 * const photo = await pipeline.analyse(jpeg);
 * if (photo.ok) console.log(toDetectionEvent(photo.value, { ...entry, workerId: 'worker-1' }).status);
 */
export function toDetectionEvent(findings: Findings, identity: FrameIdentity): DetectionEvent {
  const { image, persons, failure, embeddingSpace } = findings;
  const { width, height } = image;
  const tried = persons.flatMap(({ embedding }) => embedding ?? []);
  const failed = tried.flatMap((result) => (result.ok ? [] : [`embedding_failed:${result.reason}`]));
  const faceFailed = persons.some(({ face }) => face?.ok === false && face.reason === 'failed');
  const reasons = [...(failure === undefined ? [] : [failure]), ...(faceFailed ? ['face_failed'] : [])];
  reasons.push(...new Set(failed));
  const stageFailed = tried.length > 0 && failed.length === tried.length;
  return {
    schema_version: 1,
    frame_id: identity.frameId,
    camera_id: identity.cameraId,
    camera_type: identity.cameraType ?? 'others',
    ingest_ts: identity.ingestTs,
    worker_ts: identity.workerTs ?? Date.now() / 1000,
    worker_id: identity.workerId,
    status: failure !== undefined ? 'failed' : reasons.length > 0 ? 'degraded' : 'ok',
    reasons,
    embedding_space: embeddingSpace,
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
