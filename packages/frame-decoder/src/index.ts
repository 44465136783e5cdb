export { type DecodedFrame, type DecodeProblem, decodeOutcomeOf } from './decode-result.ts';
export { FrameDecoderError, type FrameDecoderErrorCode } from './errors.ts';
export {
  createFrameDecoder,
  type DecodeOptions,
  type FrameDecoder,
  type FrameDecoderStats,
} from './frame-decoder.ts';
export { letterboxGeometry, letterboxIn } from './letterbox-geometry.ts';
export {
  defaultFrameDecoderOptions,
  type FrameDecoderOptions,
  type FrameDecoderSettings,
} from './options.ts';
export { resizeLinear } from './resize-linear.ts';
