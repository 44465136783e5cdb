import { InferenceError } from './errors.ts';
import type { TensorData, TensorInfo } from './types.ts';

function shapeText(dims: readonly (number | string)[]): string {
  return `[${dims.join(', ')}]`;
}

function fits(tensor: TensorData, input: TensorInfo): boolean {
  const sameRank = tensor.dims.length === input.dims.length;
  return (
    sameRank &&
    input.dims.every((dim, axis) => typeof dim === 'string' || dim < 0 || dim === tensor.dims[axis])
  );
}

/**
 * Checks feeds against the inputs of a model before they are moved.
 *
 * @throws {InferenceError} `model_mismatch` with what was expected and what came.
 */
export function checkFeeds(feeds: Readonly<Record<string, TensorData>>, inputs: readonly TensorInfo[]): void {
  const mismatch = (message: string): InferenceError => new InferenceError('model_mismatch', message);
  for (const name of Object.keys(feeds)) {
    if (!inputs.some((input) => input.name === name)) {
      throw mismatch(`feeds: expected ${inputs.map((input) => input.name).join(', ')} but received ${name}`);
    }
  }
  for (const input of inputs) {
    const tensor = feeds[input.name];
    if (tensor === undefined) throw mismatch(`feed ${input.name}: expected a tensor but received nothing`);
    if (tensor.type !== input.type)
      throw mismatch(`feed ${input.name}: expected ${input.type} but received ${tensor.type}`);
    if (!fits(tensor, input)) {
      throw mismatch(
        `feed ${input.name}: expected the shape ${shapeText(input.dims)} but received ${shapeText(tensor.dims)}`,
      );
    }
    const size = tensor.dims.reduce((product, dim) => product * dim, 1);
    if (size !== tensor.data.length) {
      throw mismatch(
        `feed ${input.name}: expected ${size} values for ${shapeText(tensor.dims)} but received ${tensor.data.length}`,
      );
    }
  }
}
