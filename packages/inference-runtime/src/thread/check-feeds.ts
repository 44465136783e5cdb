import { InferenceError } from '../errors.ts';
import { lengthOf, tensorArrays } from '../memory/tensor-arrays.ts';
import type { TensorData, TensorInfo } from '../types.ts';

function shapeText(dims: readonly (number | string)[]): string {
  return `[${dims.join(', ')}]`;
}

/** The shape that the model gets of a feed. */
function shapeOf({ dims, to }: TensorData): readonly number[] {
  const [n, channels, height, width] = dims;
  const reordered = [n, channels, height, width].every((dim) => dim !== undefined) && to?.layout === 'nhwc';
  return reordered ? [n ?? 0, height ?? 0, width ?? 0, channels ?? 0] : dims;
}

function fits(dims: readonly number[], input: TensorInfo): boolean {
  return (
    dims.length === input.dims.length &&
    input.dims.every((dim, axis) => typeof dim === 'string' || dim < 0 || dim === dims[axis])
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
    if (tensor.to !== undefined && (tensor.type !== 'float32' || tensor.dims.length !== 4)) {
      throw mismatch(
        `feed ${input.name}: expected float32 [n, c, h, w] to convert but received ${tensor.type} ${shapeText(tensor.dims)}`,
      );
    }
    const type = tensor.to?.type ?? tensor.type;
    if (type !== input.type)
      throw mismatch(`feed ${input.name}: expected ${input.type} but received ${type}`);
    const shape = shapeOf(tensor);
    if (!fits(shape, input)) {
      throw mismatch(
        `feed ${input.name}: expected the shape ${shapeText(input.dims)} but received ${shapeText(shape)}`,
      );
    }
    const { buffer } = tensor.data;
    if (buffer instanceof ArrayBuffer && buffer.detached) {
      throw mismatch(
        `feed ${input.name}: expected data but received a buffer that an earlier run moved away: use the \`feeds\` of its result`,
      );
    }
    const expected = tensorArrays[tensor.type];
    if (!(tensor.data instanceof expected)) {
      throw mismatch(
        `feed ${input.name}: expected a ${expected.name} for ${tensor.type} but received a ${Object(tensor.data).constructor.name}`,
      );
    }
    const size = lengthOf(tensor.dims);
    if (size !== tensor.data.length) {
      throw mismatch(
        `feed ${input.name}: expected ${size} values for ${shapeText(tensor.dims)} but received ${tensor.data.length}`,
      );
    }
  }
}

/**
 * Checks the names of the outputs that a run asks for.
 *
 * @throws {InferenceError} `model_mismatch` with what was expected and what came.
 */
export function checkFetches(fetches: readonly string[], outputs: readonly TensorInfo[]): void {
  const names = outputs.map(({ name }) => name);
  const unknown = fetches.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new InferenceError(
    'model_mismatch',
    `fetches: expected some of ${names.join(', ')} but received ${unknown}`,
  );
}
