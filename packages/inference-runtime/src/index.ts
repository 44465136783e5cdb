export {
  type Agreement,
  type CompareOutput,
  compareByCosine,
  compareOutputs,
  cosineOf,
  leastCosine,
  type OutputPair,
} from './agreement.ts';
export { type Companions, companionsOf } from './companions.ts';
export type { EngineIo } from './engine-io.ts';
export type { EngineSidecar } from './engine-sidecar.ts';
export { InferenceError, type InferenceErrorCode } from './errors.ts';
export type { ExternalFile } from './external-files.ts';
export {
  createFeedMemory,
  type FeedMemory,
  type FeedMemoryOptions,
  type SharedItems,
} from './feed-memory.ts';
export {
  type GoldenCase,
  makeGolden,
  type PictureOptions,
  readGolden,
  writeGolden,
} from './golden.ts';
export { type GpuInfo, gpuOfDevice, gpuTag, parseGpus, readGpus } from './gpus.ts';
export {
  hasByteInput,
  type ImageInput,
  imageFeed,
  paddedSize,
  readImageInput,
} from './image-input.ts';
export {
  createInferencePool,
  defaultInferenceThreads,
  type InferencePool,
  type InferencePoolOptions,
  type PoolModelOptions,
} from './inference-pool.ts';
export { createInferenceRuntime, type InferenceRuntime, type LoadModelOptions } from './inference-runtime.ts';
export { inspectModel, type ModelInspection } from './inspect-model.ts';
export {
  type FailedStep,
  type LoadFailure,
  type LoadStep,
  type ModelFormat,
  nameOfStep,
} from './load-step.ts';
export type { NodePlacement } from './node-placement.ts';
export { type OnnxFileInfo, type ParsedOnnx, parseOnnx } from './onnx-file.ts';
export { defaultInferenceRuntimeOptions, type InferenceRuntimeOptions } from './options.ts';
export { type ChannelMap, type GivenPixels, type PixelMap, problemOfPixels } from './pixel-map.ts';
export { type ProofOptions, prove } from './proof.ts';
export { describeOnnxFile, readOnnxFile } from './read-onnx-file.ts';
export type { ByteInput } from './rewrite-model.ts';
export { agreeInSharedRuns, type SharedRunOptions } from './shared-run.ts';
export {
  type Attempt,
  createSizedRunner,
  type RunObserver,
  type SizedRunner,
  type SizedRunnerOptions,
} from './sized-runner.ts';
export type { ThreadEnd } from './thread-client.ts';
export type {
  FeedConversion,
  InferenceModel,
  ModelDescription,
  ModelFallback,
  ModelInfo,
  RunOptions,
  RunResult,
  TensorData,
  TensorInfo,
} from './types.ts';
export { type WrapOptions, wrapEngine } from './wrap-engine.ts';
