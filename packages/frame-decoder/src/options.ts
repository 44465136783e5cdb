import {
  type Logger,
  type ParseOptions,
  parseOptions,
  refuseWith,
  requireOptions,
  type Size,
} from '@trinetra/contracts';
import { z } from 'zod';
import { FrameDecoderError } from './errors.ts';

const side = z.int().min(1).max(8192);

const schema = z.strictObject({
  inputSizes: z
    .array(z.strictObject({ width: side, height: side }))
    .min(1)
    .default([{ width: 640, height: 640 }]),
  tensorType: z.enum(['float32', 'uint8']).default('float32'),
  maxBytes: z
    .number()
    .int()
    .min(1)
    .max(0x7fff_ffff)
    .default(16 * 1024 * 1024),
  maxPixels: z.int().min(1).max(268_435_456).default(33_177_600),
  rejectFlat: z.boolean().default(true),
  threads: z.int().min(1).max(64).default(1),
  jpegAccuracy: z.enum(['fast', 'exact']).default('exact'),
});

/** Options of {@link createFrameDecoder}; each has a default. */
export interface FrameDecoderOptions {
  /**
   * Sizes of the model's input, px, 1..8192 a side: a picture goes into the one that shows it largest, with the
   * least padding.
   * Default one of 640x640.
   */
  readonly inputSizes?: readonly Size[];
  /**
   * Layout of the tensor: `float32` planes `[3, h, w]` of 0..1, or `uint8` pixels `[h, w, 3]` of 0..255 for
   * models that take bytes, with a quarter of the memory and half of the work. Default `float32`.
   */
  readonly tensorType?: 'float32' | 'uint8';
  /** Largest encoded frame, bytes. Default 16 MiB. */
  readonly maxBytes?: number;
  /** Largest picture, width x height, checked in the header before any decoding. Default 33,177,600 (8K). */
  readonly maxPixels?: number;
  /** Report black, blown-out and flat frames as `skipped`. Default true. */
  readonly rejectFlat?: boolean;
  /** Decode threads, 1..64; each decodes one frame at a time. Default 1. */
  readonly threads?: number;
  /**
   * `exact`: libjpeg-turbo with its accurate inverse DCT, OpenCV's very pixels. Without Linux or koffi
   * libvips gives the same pixels in 2 to 4 times the time.
   * `fast`: with its fast inverse DCT, in 0.8 to 0.9 times the time and 1 grey level off on average. Embeddings of the two differ
   * (cosine 0.98 in the median): decode all faces that are compared in one way.
   * Default `exact`.
   */
  readonly jpegAccuracy?: 'fast' | 'exact';
  /** Gets a warning for every decode thread that died, and one if `exact` is slow. Default: silent. */
  readonly logger?: Logger;
}

/** The options without the logger, all filled in. */
export type FrameDecoderSettings = Required<Omit<FrameDecoderOptions, 'logger'>>;

/** The defaults, frozen. */
export const defaultFrameDecoderOptions: FrameDecoderSettings = Object.freeze(schema.parse({}));

const refusing: ParseOptions = refuseWith(FrameDecoderError);

/** @throws {FrameDecoderError} `invalid_options`, naming every option that is unknown or out of range. */
export function parseFrameDecoderOptions(
  given: FrameDecoderOptions,
): FrameDecoderSettings & Pick<FrameDecoderOptions, 'logger'> {
  const { logger, ...values } = requireOptions(given, refusing);
  const settings = parseOptions(schema, values, refusing);
  return logger === undefined ? settings : { ...settings, logger };
}
