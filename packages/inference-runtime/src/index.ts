export {
  type Agreement,
  type CompareOutput,
  compareByCosine,
  compareOutputs,
  cosineOf,
  leastCosine,
  type OutputPair,
} from './proof/agreement.ts';
export { type Companions, companionsOf } from './engine/companions.ts';
export type { EngineIo } from './engine/engine-io.ts';
export type { EngineSidecar } from './engine/engine-sidecar.ts';
export { InferenceError, type InferenceErrorCode } from './errors.ts';
export type { ExternalFile } from './onnx/external-files.ts';
export {
  createFeedMemory,
  type FeedMemory,
  type FeedMemoryOptions,
  type SharedItems,
} from './memory/feed-memory.ts';
export {
  type GoldenCase,
  makeGolden,
  type PictureOptions,
  readGolden,
  writeGolden,
} from './proof/golden.ts';
export { type GpuInfo, gpuOfDevice, gpuTag, parseGpus, readGpus } from './engine/gpus.ts';
export {
  hasByteInput,
  type ImageInput,
  imageFeed,
  paddedSize,
  readImageInput,
} from './onnx/image-input.ts';
export {
  createInferencePool,
  defaultInferenceThreads,
  type InferencePool,
  type InferencePoolOptions,
  type PoolModelOptions,
} from './inference-pool.ts';
export { createInferenceRuntime, type InferenceRuntime, type LoadModelOptions } from './inference-runtime.ts';
export { inspectModel, type ModelInspection } from './load/inspect-model.ts';
export {
  type FailedStep,
  type LoadFailure,
  type LoadStep,
  type ModelFormat,
  nameOfStep,
} from './load/load-step.ts';
export type { NodePlacement } from './thread/node-placement.ts';
export { type OnnxFileInfo, type ParsedOnnx, parseOnnx } from './onnx/onnx-file.ts';
export { defaultInferenceRuntimeOptions, type InferenceRuntimeOptions } from './options.ts';
export { type ChannelMap, type GivenPixels, type PixelMap, problemOfPixels } from './onnx/pixel-map.ts';
export { type ProofOptions, prove } from './proof/proof.ts';
export { describeOnnxFile, readOnnxFile } from './onnx/read-onnx-file.ts';
export type { ByteInput } from './onnx/rewrite-model.ts';
export { agreeInSharedRuns, type SharedRunOptions } from './proof/shared-run.ts';
export {
  type Attempt,
  createSizedRunner,
  type RunObserver,
  type SizedRunner,
  type SizedRunnerOptions,
} from './runner/sized-runner.ts';
export type { ThreadEnd } from './thread/thread-client.ts';
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
export { type WrapOptions, wrapEngine } from './engine/wrap-engine.ts';
