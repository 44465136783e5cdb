import type { Failure, Result } from '@trinetra/contracts';
import type { DecodeProblem } from './decode-result.ts';
import { type ImageHeader, readImageHeader, sniffFormat } from './image-header.ts';
import type { LumaStatistics } from './letterbox-tensor.ts';
import type { FrameDecoderSettings } from './options.ts';

/** Mean luma below and above which a picture shows nothing, and the standard deviation below which it does. */
const black = 2;
const blownOut = 253;
const flat = 5;

const refuse = (reason: DecodeProblem, message: string): Failure<DecodeProblem> => ({
  ok: false,
  reason,
  message,
});

/** The header of a picture, or whatever refuses it without decoding. */
export function checkHeader(
  bytes: Uint8Array,
  { maxBytes, maxPixels }: Pick<FrameDecoderSettings, 'maxBytes' | 'maxPixels'>,
): Result<ImageHeader, DecodeProblem> {
  if (bytes.byteLength === 0) return refuse('empty', 'The frame has no bytes');
  if (bytes.byteLength > maxBytes) {
    return refuse('too_large', `Expected at most ${maxBytes} bytes but received ${bytes.byteLength}`);
  }
  const format = sniffFormat(bytes);
  if (format === null) return refuse('unsupported_format', 'Expected a JPEG, PNG or WebP picture');
  const header = readImageHeader(bytes, format);
  if (header === null) return refuse('corrupt', `The ${format} header is broken or cut off`);
  if (header.width * header.height > maxPixels) {
    const size = `${header.width}x${header.height}`;
    return refuse('too_many_pixels', `Expected at most ${maxPixels} pixels but received ${size}`);
  }
  return { ok: true, value: header };
}

/** Why a picture shows nothing; null where it may show something. */
export function blankFailure({ mean, stdDev }: LumaStatistics): Failure<DecodeProblem> | null {
  const measured = `mean luma ${mean.toFixed(1)}, standard deviation ${stdDev.toFixed(1)}`;
  if (mean < black) return refuse('black', `The picture is black: ${measured}`);
  if (mean > blownOut) return refuse('blown_out', `The picture is blown out: ${measured}`);
  if (stdDev < flat) return refuse('flat', `The picture is flat: ${measured}`);
  return null;
}
