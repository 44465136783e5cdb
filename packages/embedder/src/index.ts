export { createEmbedder, type Embedder, type EmbeddingResult } from './embedder.ts';
export { EmbedderError } from './errors.ts';
export { embedderByteInput, type PixelScale, pixelScaleOf } from './face-tensor.ts';
export { defaultEmbedderOptions, type EmbedderOptions } from './options.ts';
