export { type BackoffOptions, backoffMs } from './backoff.ts';
export { bufferOf } from './buffer-of.ts';
export {
  type AspectSource,
  type CameraAspect,
  type CameraAspectOptions,
  type CameraAspectRule,
  createCameraAspect,
  parseAspectRatio,
  parseCameraAspects,
  pixelAspectRatioOf,
} from './camera-aspect.ts';
export {
  cameraFileName,
  cameraIdOf,
  cameraIdProblem,
  cameraLabelOf,
  describeName,
  isCameraId,
  printable,
  streamKeyOf,
} from './camera-id.ts';
export { ContractsError } from './contracts-error.ts';
export {
  type DetectedFace,
  type DetectionEvent,
  type DetectionEventProblem,
  type DetectionEventResult,
  type DetectionEventToWrite,
  detectionEventJsonSchema,
  detectionEventSchema,
  type EventDetection,
  type EventStatus,
  type FaceAbsence,
  parseDetectionEvent,
  safeParseDetectionEvent,
} from './detection-event.ts';
export { type DurationUnit, durationUnit } from './duration-unit.ts';
export { type EncodedEvent, encodeDetectionEvent } from './encode-event.ts';
export { type EncodedFrameEntry, encodeFrameEntry, type FrameToWrite } from './encode-frame-entry.ts';
export { errorText } from './error-text.ts';
export { TrinetraError } from './errors.ts';
export {
  type CameraType,
  cameraTypes,
  type FrameEntry,
  type FrameEntryProblem,
  type FrameEntryResult,
  normaliseCameraType,
  parseFrameEntry,
} from './frame-entry.ts';
export { ageOfFrame, isClockTime, timeOfFrame, timeOfId } from './frame-time.ts';
export { matchesGlob } from './glob.ts';
export { parseHostPort } from './host-port.ts';
export {
  type FaceLandmarks,
  type Letterbox,
  type Point,
  type RgbImage,
  type Size,
  stretchOf,
  type Xyxy,
} from './image.ts';
export {
  createKernels,
  type KernelMemory,
  type KernelsInUse,
  kernelScratch,
  type UseKernels,
} from './kernels.ts';
export { listen } from './listen.ts';
export { type Logger, silentLogger } from './logger.ts';
export {
  type Defined,
  defined,
  type OptionsErrorOf,
  type ParseOptions,
  parseOptions,
  refuseWith,
  requireOptions,
} from './options.ts';
export { type FrameOutcome, frameOutcomes } from './outcome.ts';
export { printableJson } from './printable-json.ts';
export { orOnAbort, pause, rejectOnAbort, within } from './races.ts';
export {
  type RecordedEntry,
  type RecordedValue,
  recordedEntrySchema,
  recordingManifest,
} from './recording.ts';
export { type Failure, type Result, valueOrThrow } from './result.ts';
export { roundHalfEven } from './round-half-even.ts';
export { cosineSimilarity, sameEmbeddingSpace } from './similarity.ts';
export type { CameraStats, SourceStats } from './source-stats.ts';
export { threadFile } from './thread-file.ts';
export { parseTraceContext, type TraceContext } from './trace-context.ts';
export { createWarnOnce, type WarnOnce, type WarnOnceOptions } from './warn-once.ts';
