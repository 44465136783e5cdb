export { type Companions, companionsOf } from './engine/companions.ts';
export type { EngineIo } from './engine/engine-io.ts';
export { type GpuInfo, gpuOfDevice, gpuTag, readGpus } from './engine/gpus.ts';
export { type WrapOptions, wrapEngine } from './engine/wrap-engine.ts';
export { InferenceError, type InferenceErrorCode } from './errors.ts';
export { createInferenceRuntime, type InferenceRuntime } from './inference-runtime.ts';
export { inspectModel, type ModelInspection } from './load/inspect-model.ts';
export { nameOfStep } from './load/plan-steps.ts';
export {
  createFeedMemory,
  type FeedMemory,
  type FeedMemoryOptions,
  type SharedItems,
} from './memory/feed-memory.ts';
export type { ExternalFile } from './onnx/external-files.ts';
export {
  hasByteInput,
  type ImageInput,
  imageFeed,
  pictureType,
  rangeOfLevels,
  readImageInput,
} from './onnx/image-input.ts';
export type { ParsedOnnx } from './onnx/onnx-file.ts';
export { type GivenPixels, problemOfPixels } from './onnx/pixel-map.ts';
export { describeOnnxFile, type OnnxFileInfo, readOnnxFile } from './onnx/read-onnx-file.ts';
export { findOnnxRuntime, type OnnxRuntimePackage } from './onnx-runtime.ts';
export type { InferenceRuntimeOptions, LoadModelOptions } from './options.ts';
export {
  type Agreement,
  type CompareOutput,
  cosineOf,
  leastCosine,
  type OutputPair,
  type ProofOptions,
  prove,
} from './proof/agreement.ts';
export {
  type GoldenCase,
  makeGolden,
  type PictureOptions,
  readGolden,
  writeGolden,
} from './proof/golden.ts';
export { agreeInSharedRuns, type SharedRunOptions } from './proof/shared-run.ts';
export { requireModel } from './require-model.ts';
export { paddedSize } from './runner/size-limit.ts';
export {
  createSizedRunner,
  type RunObserver,
  type SizedRunner,
  type SizedRunnerOptions,
} from './runner/sized-runner.ts';
export type {
  ByteInput,
  ChannelMap,
  EngineSidecar,
  FailedStep,
  FeedConversion,
  InferenceModel,
  LoadFailure,
  LoadStep,
  ModelDescription,
  ModelFallback,
  ModelFormat,
  ModelInfo,
  NodePlacement,
  PixelMap,
  RunOptions,
  RunResult,
  TensorData,
  TensorInfo,
  ThreadEnd,
} from './types.ts';
