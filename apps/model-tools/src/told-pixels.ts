import type { FacePixels } from '@trinetra/embedder';
import { parseSettings } from '@trinetra/env-settings';
import { modelSettings } from '@trinetra/person-pipeline/settings';
import { UsageError } from '@trinetra/program';

/**
 * What ARCFACE_INPUT in the environment says of the pixels of embedders, as for the worker; undefined: nothing.
 *
 * @throws {UsageError} for a value that the worker would refuse.
 */
export function toldPixels(): FacePixels | undefined {
  const { ARCFACE_INPUT } = modelSettings;
  const errorOf = (problems: readonly string[]): UsageError => new UsageError(problems.join('\n'));
  return parseSettings({ ARCFACE_INPUT }, process.env, errorOf).ARCFACE_INPUT;
}
