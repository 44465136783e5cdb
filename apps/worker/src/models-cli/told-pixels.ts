import type { FacePixels } from '@trinetra/embedder';
import { UsageError } from '../exit-code.ts';
import { facePixels } from '../setting-parsers.ts';

/**
 * What ARCFACE_INPUT in the environment says of the pixels of embedders, as for the worker; undefined: nothing.
 *
 * @throws {UsageError} for a value that the worker would refuse.
 */
export function toldPixels(): FacePixels | undefined {
  const parsed = facePixels.safeParse(process.env['ARCFACE_INPUT'] || 'auto');
  if (parsed.success) return parsed.data;
  throw new UsageError(`ARCFACE_INPUT: ${parsed.error.issues.map(({ message }) => message).join('; ')}`);
}
