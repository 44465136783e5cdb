import type { Size } from '@trinetra/contracts';
import { InferenceError } from '../errors.ts';
import { imageFeed } from '../onnx/image-input.ts';
import type { ByteInput, InferenceModel } from '../types.ts';
import { pictureOf, samplePicture } from './sample-tensor.ts';
import { readTensorFile, type TensorFile, writeTensorFile } from './tensor-file.ts';

/** A picture, and what a model gives for it in full precision on a CPU. */
export interface GoldenCase extends Size {
  /** `[3, h, w]` as the model's preprocessing gives it; of bytes, the levels. */
  readonly picture: Float32Array;
  /** Of one picture: the batch axis is 1. */
  readonly outputs: TensorFile['tensors'];
  /** Of the file that gave them. */
  readonly sha256: string;
}

export interface PictureOptions {
  /** Values that the picture of a model has: 0..1 for YOLO, -1..1 or 0..255 for others. */
  readonly range: readonly [number, number];
  /** Of models that leave it open, px. */
  readonly size?: Size | undefined;
  /** Another seed is another picture; default 1. */
  readonly seed?: number | undefined;
}

/** How values of such a range become levels 0..255, for models that take bytes by themselves. */
const levelsOf = ([, high]: readonly [number, number]): ByteInput => ({ divisor: high <= 1 ? 255 : 1 });

/**
 * Runs the model on some pictures, as many as its batch where that is fixed.
 *
 * @returns Its outputs as float32.
 * @throws {InferenceError} `model_mismatch` for a model that does not take pictures; what `run` throws.
 */
export async function runPictures(
  model: InferenceModel,
  { pictures, height, width }: Size & { readonly pictures: readonly Float32Array[] },
  { range }: PictureOptions,
): Promise<GoldenCase['outputs']> {
  const found = pictureOf(model.info.inputs, { height, width });
  if (found === null || found.height !== height || found.width !== width) {
    const shapes = model.info.inputs.map(({ type, dims }) => `${type} ${JSON.stringify(dims)}`).join(', ');
    throw new InferenceError(
      'model_mismatch',
      `the model ${model.info.path}: expected one input for pictures of ${width}x${height} but found ${shapes}`,
    );
  }
  const values = 3 * height * width;
  const data = new Float32Array(pictures.length * values);
  for (const [item, picture] of pictures.entries()) data.set(picture, item * values);
  const levels = model.info.byteInput ?? levelsOf(range);
  const feed = imageFeed(found.input, data, [pictures.length, 3, height, width], levels);
  const { outputs } = await model.run({ [found.input.name]: feed }, { floatOutputs: true });
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { data: values, dims }]) => {
      if (values instanceof Float32Array) return [name, { data: values, dims }];
      throw new InferenceError(
        'model_mismatch',
        `output ${name}: expected floats but found ${typeof values}`,
      );
    }),
  );
}

/** As {@link runPictures}, of a batch of the same picture. */
export async function runPicture(
  model: InferenceModel,
  { picture, height, width }: Pick<GoldenCase, 'picture' | 'height' | 'width'>,
  options: PictureOptions,
  batch: number,
): Promise<GoldenCase['outputs']> {
  const items = pictureOf(model.info.inputs, { height, width })?.input.batch ?? batch;
  const pictures = Array.from({ length: items }, () => picture);
  return runPictures(model, { pictures, height, width }, options);
}

/** The first item of each output, where they have a batch axis of `items`. */
function firstItems(outputs: GoldenCase['outputs'], items: number): GoldenCase['outputs'] {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { data, dims }]) => {
      if (items === 1 || dims[0] !== items) return [name, { data, dims }];
      return [name, { data: data.slice(0, data.length / items), dims: [1, ...dims.slice(1)] }];
    }),
  );
}

/**
 * Makes the golden case of a model from the model itself: load it in full precision on the provider `cpu`.
 *
 * @throws as `runPicture`.
 */
export async function makeGolden(model: InferenceModel, options: PictureOptions): Promise<GoldenCase> {
  const found = pictureOf(model.info.inputs, options.size);
  const { height, width } = found ?? { height: 0, width: 0 };
  const picture = samplePicture({ height, width }, options.range, options.seed);
  const outputs = await runPicture(model, { picture, height, width }, options, 1);
  return {
    picture,
    height,
    width,
    outputs: firstItems(outputs, found?.input.batch ?? 1),
    sha256: model.info.sha256,
  };
}

const outputPrefix = 'output:';

/** Writes the case as a safetensors file. */
export async function writeGolden(path: string, golden: GoldenCase): Promise<void> {
  const { picture, height, width, outputs, sha256 } = golden;
  await writeTensorFile(path, {
    tensors: {
      picture: { data: picture, dims: [3, height, width] },
      ...Object.fromEntries(Object.entries(outputs).map(([name, one]) => [`${outputPrefix}${name}`, one])),
    },
    metadata: { format: 'trinetra-golden-1', sha256 },
  });
}

/**
 * Reads a case that {@link writeGolden} wrote; null where there is none.
 *
 * @throws {InferenceError} `model_load_failed` for a file that is damaged.
 */
export async function readGolden(path: string): Promise<GoldenCase | null> {
  const file = await readTensorFile(path);
  if (file === null) return null;
  const { picture, ...others } = file.tensors;
  const [channels, height = 0, width = 0] = picture?.dims ?? [];
  const { sha256 } = file.metadata;
  if (picture === undefined || channels !== 3 || sha256 === undefined) {
    throw new InferenceError('model_load_failed', `the golden tensors ${path}: expected a picture [3, h, w]`);
  }
  const outputs = Object.fromEntries(
    Object.entries(others).map(([name, one]) => [name.replace(outputPrefix, ''), one]),
  );
  return { picture: picture.data, height, width, outputs, sha256 };
}
