export { endProcess } from './end-process.ts';
export type { EngineProof } from './engine-proof.ts';
export { PersonPipelineError, type PersonPipelineErrorCode } from './errors.ts';
export { letHeapGrow } from './heap-growth.ts';
export type { InferenceHealth } from './inference-health.ts';
export { aspectRatiosOf } from './input-aspects.ts';
export { levelFrame } from './level-frame.ts';
export { loadModels, type Models } from './load-models.ts';
export type { LoadedInfo } from './loaded-info.ts';
export {
  describeFile,
  type FileDescription,
  type ModelRole,
  type RoleAnswer,
  roleOf,
  roleOfFile,
} from './model-role.ts';
export type { EngineObserver, LimitedLog } from './observer.ts';
export type { LoadModelsOptions, OptionNames } from './options.ts';
export {
  type AnalyseOptions,
  createPersonPipeline,
  type PersonPipeline,
  type PersonPipelineOptions,
  type PictureResult,
} from './person-pipeline.ts';
export {
  batchesAtOnce,
  createPersonStages,
  handOverMs,
  type ModelStage,
  type Person,
  type PersonFrame,
  type PersonStages,
  type PersonStagesOptions,
} from './person-stages.ts';
export { type RunningDetectorOptions, runningDetector } from './running-detector.ts';
export { type Findings, type FrameIdentity, toDetectionEvent } from './to-detection-event.ts';
