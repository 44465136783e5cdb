import type { DetectionEvent, EventDetection, Xyxy } from '@trinetra/contracts';

/** Added on every side of a found face, as a share of its size: ears, hair and chin belong to it. */
const faceMargin = 0.35;
/** Added on every side of a head that is only guessed at, as a share of the person's width. */
const headMargin = 0.12;

function grow([x1, y1, x2, y2]: Xyxy, dx: number, dy: number): Xyxy {
  return [Math.max(0, x1 - dx), Math.max(0, y1 - dy), Math.min(1, x2 + dx), Math.min(1, y2 + dy)];
}

/**
 * Where the head of a person may be whose face was not found: the top of the box, as high as the person is wide
 * (a bust is mostly head), and at least a third of the box (standing people are narrow).
 *
 * @param aspect Width of the picture over its height.
 */
function headOf(box: Xyxy, aspect: number): Xyxy {
  const [x1, y1, x2, y2] = box;
  const height = Math.min(y2 - y1, Math.max((x2 - x1) * aspect, (y2 - y1) / 3));
  return grow([x1, y1, x2, y1 + height], (x2 - x1) * headMargin, (x2 - x1) * aspect * headMargin);
}

function regionOf({ bbox, face }: EventDetection, aspect: number): Xyxy {
  if (typeof face !== 'object') return headOf(bbox, aspect);
  const [x1, y1, x2, y2] = face.bbox;
  return grow(face.bbox, (x2 - x1) * faceMargin, (y2 - y1) * faceMargin);
}

/**
 * What must not be seen of a frame, normalised to 0..1: the face of every person, and the head of those whose face was
 * not found. The whole frame where detection failed, because nobody knows then who is in it.
 *
 * @param aspect Width of the picture over its height.
 */
export function hiddenRegions(event: DetectionEvent, aspect: number): Xyxy[] {
  if (event.status === 'failed') return [[0, 0, 1, 1]];
  return event.detections.map((detection) => regionOf(detection, aspect));
}
