export { createEmbedder, type Embedder } from './embedder.ts';
export { EmbedderError } from './errors.ts';
export { faceSize } from './face-tensor.ts';
export { embedderSamplePicture } from './model-contract.ts';
export {
  defaultEmbedderOptions,
  type EmbedderOptions,
  type EmbedderSettings,
  embedderRunSizes,
} from './options.ts';
export {
  choosePixels,
  describeFacePixels,
  embedderByteInput,
  type FacePixels,
  type PixelChoice,
  parseFacePixels,
} from './pixels.ts';
export { createProvenEmbedder, type EmbedderProof } from './proven-embedder.ts';
