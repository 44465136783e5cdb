export {
  type DetectedFace,
  type DetectionEvent,
  detectionEventJsonSchema,
  detectionEventSchema,
  type EventDetection,
  type FaceAbsence,
  faceAbsences,
  parseDetectionEvent,
} from './detection-event.ts';
export { type EncodedEvent, encodeDetectionEvent } from './encode-event.ts';
export { TrinetraError } from './errors.ts';
export {
  type CameraType,
  cameraIdOf,
  cameraLabelOf,
  cameraTypes,
  type FrameEntry,
  type FrameEntryProblem,
  type FrameEntryResult,
  isCameraId,
  normaliseCameraType,
  parseFrameEntry,
  streamKeyOf,
} from './frame-entry.ts';
export type { FaceLandmarks, Letterbox, Point, RgbImage, Xyxy } from './image.ts';
export { type Logger, silentLogger } from './logger.ts';
export { type FrameOutcome, frameOutcomes } from './outcome.ts';
