export {
  createEmbedder,
  defaultEmbedderOptions,
  type Embedder,
  type EmbedderOptions,
  type EmbeddingResult,
} from './embedder.ts';
export { EmbedderError } from './errors.ts';
export { type PixelScale, pixelScaleOf } from './face-tensor.ts';
