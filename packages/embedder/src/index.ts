export { createEmbedder, type Embedder, type EmbeddingResult } from './embedder.ts';
export { EmbedderError } from './errors.ts';
export { defaultEmbedderOptions, type EmbedderOptions } from './options.ts';
export {
  choosePixels,
  describeFacePixels,
  embedderByteInput,
  type FacePixels,
  facePixelRange,
  type PixelChoice,
  parseFacePixels,
} from './pixels.ts';
export { createProvenEmbedder, type EmbedderProof } from './proven-embedder.ts';
