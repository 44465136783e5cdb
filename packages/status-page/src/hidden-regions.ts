import type { DetectionEvent, EventDetection, Xyxy } from '@trinetra/contracts';

/** Added on every side of a found face, as a share of its size: ears, hair and chin belong to it. */
const faceMargin = 0.35;
/** Added beside a head that is only guessed at, as a share of the person's width; above it twice as much. */
const headMargin = 0.15;

function grow([x1, y1, x2, y2]: Xyxy, dx: number, dy: number): Xyxy {
  return [Math.max(0, x1 - dx), Math.max(0, y1 - dy), Math.min(1, x2 + dx), Math.min(1, y2 + dy)];
}

/**
 * Where the head of a person without a found face may be: the top of the box, as high as the person is wide
 * (a bust is mostly head), and at least a third of the box (standing people are narrow).
 *
 * @param aspect Width of the picture over its height.
 */
function headOf(box: Xyxy, aspect: number): Xyxy {
  const [x1, y1, x2, y2] = box;
  const height = Math.min(y2 - y1, Math.max((x2 - x1) * aspect, (y2 - y1) / 3));
  return grow([x1, y1, x2, y1 + height], (x2 - x1) * headMargin, (x2 - x1) * aspect * headMargin * 2);
}

/** Whether a face lies where the head of this person is; where people overlap it may be another's. */
function isOwn(face: Xyxy, [x1, y1, x2, y2]: Xyxy, aspect: number): boolean {
  const x = (face[0] + face[2]) / 2;
  const y = (face[1] + face[3]) / 2;
  const height = Math.max((x2 - x1) * aspect, (y2 - y1) / 3);
  return Math.abs(x - (x1 + x2) / 2) < (x2 - x1) * 0.3 && y < y1 + height;
}

function regionsOf({ bbox, face }: EventDetection, aspect: number): Xyxy[] {
  if (typeof face !== 'object') return [headOf(bbox, aspect)];
  const [x1, y1, x2, y2] = face.bbox;
  const region = grow(face.bbox, (x2 - x1) * faceMargin, (y2 - y1) * faceMargin);
  return isOwn(face.bbox, bbox, aspect) ? [region] : [region, headOf(bbox, aspect)];
}

/**
 * The regions of a frame to hide, normalised to 0..1: the face of every person, and the head of each person
 * whose face was not found, or lies where another person's head may be. The whole frame if detection failed,
 * because its persons are unknown.
 *
 * @param aspect Width of the picture over its height.
 */
export function hiddenRegions(event: DetectionEvent, aspect: number): Xyxy[] {
  if (event.status === 'failed') return [[0, 0, 1, 1]];
  return event.detections.flatMap((detection) => regionsOf(detection, aspect));
}
