import { basename } from 'node:path';
import type { ByteInput, ChannelMap, ModelDescription, PixelMap } from '@trinetra/inference-runtime';
import { EmbedderError } from './errors.ts';

/** How a model wants its faces: the order of the channels, and levels 0..255 as `(level - mean) / divisor`. */
export interface FacePixels {
  readonly order: 'rgb' | 'bgr';
  readonly mean: number;
  readonly divisor: number;
}

/** What a model is given, and what says so. */
export interface PixelChoice {
  readonly pixels: FacePixels;
  readonly why: string;
}

type Scale = Omit<FacePixels, 'order'>;

/** The scales that face models are made for, by the names that embedding spaces have for them. */
const scales: Readonly<Record<'raw' | 'unit' | 'centred', Scale>> = {
  raw: { mean: 0, divisor: 1 },
  unit: { mean: 0, divisor: 255 },
  centred: { mean: 127.5, divisor: 127.5 },
};

/** As {@link parseFacePixels} reads it: `rgb 127.5 127.5`. */
export const describeFacePixels = ({ order, mean, divisor }: FacePixels): string =>
  `${order} ${mean} ${divisor}`;

/**
 * Reads `ORDER MEAN DIVISOR`, such as `bgr 127.5 128`.
 *
 * @returns Null for another text, a mean outside of -1000..1000, or a divisor that is not above 0 or is above 100,000.
 */
export function parseFacePixels(text: string): FacePixels | null {
  const [, order, mean, divisor] = /^\s*(rgb|bgr)\s+(-?[\d.]+)\s+([\d.]+)\s*$/.exec(text) ?? [];
  const pixels = {
    order: order === 'bgr' ? 'bgr' : 'rgb',
    mean: Number(mean),
    divisor: Number(divisor),
  } as const;
  const sound = Math.abs(pixels.mean) <= 1000 && pixels.divisor > 0 && pixels.divisor <= 100_000;
  return order !== undefined && sound ? pixels : null;
}

/** The name of a scale in `embeddingSpace`. */
export function scaleName({ mean, divisor }: Scale): string {
  const known = Object.entries(scales).find(([, one]) => one.mean === mean && one.divisor === divisor);
  return known?.[0] ?? `${mean}:${divisor}`;
}

/**
 * How far from -1..1 a range of values is, which networks are trained for: by the logarithm of its width, and by how far its middle is off,
 * in halves of its width. 0..1 and the ranges of ImageNet's means are near, 0..255 is far.
 */
function strangeness(least: number, most: number): number {
  const half = (most - least) / 2;
  return Math.abs(Math.log(half)) + Math.abs(most + least) / 2 / half;
}

/** What the first layer gets of levels that are scaled so. */
function rangeOf(channels: readonly ChannelMap[], { mean, divisor }: Scale): [least: number, most: number] {
  const ends = channels.flatMap(({ scale, offset }) =>
    [0, 255].map((level) => (scale * (level - mean)) / divisor + offset),
  );
  return [Math.min(...ends), Math.max(...ends)];
}

/** Operators whose numbers may be learned: they tell a scale only where they make just the ranges that people make by hand. */
const learned: readonly string[] = ['BatchNormalization', 'Conv', 'InstanceNormalization', 'Gemm', 'MatMul'];
/** -1..1 and 0..1, and -1..1 of 128 levels. */
const handmade: readonly (readonly [number, number])[] = [
  [-1, 1],
  [0, 1],
  [-127.5 / 128, 127.5 / 128],
];
const isHandmade = ([least, most]: readonly [number, number]): boolean =>
  handmade.some(([low, high]) => Math.abs(least - low) < 0.005 && Math.abs(most - high) < 0.005);

/** Scales whose ranges are about as near to -1..1 as each other cannot be told apart. */
const leastMargin = 0.25;

const short = (value: number): string => String(Math.round(value * 100) / 100);

/** The scale whose levels the first layer gets in the most usual range; null where two are alike. */
function usualScale({ channels, passes, steps }: PixelMap): { scale: Scale; why: string } | null {
  if (channels === null) return null;
  const possible = Object.values(scales).filter(
    (scale) => (scale !== scales.raw || passes.above1) && (scale !== scales.centred || passes.below0),
  );
  const [best, next] = possible
    .map((scale) => ({ scale, range: rangeOf(channels, scale) }))
    .map(({ scale, range }) => ({ scale, range, far: strangeness(...range) }))
    .toSorted((a, b) => a.far - b.far);
  if (best === undefined || (next !== undefined && next.far - best.far < leastMargin)) return null;
  if (steps.some((op) => learned.includes(op)) && !isHandmade(best.range)) return null;
  const range = best.range.map(short).join('..');
  const unscaled = channels.every(
    ({ scale, offset }) => Math.abs(scale - 1) < 1e-3 && Math.abs(offset) < 1e-3,
  );
  const by =
    unscaled && best.scale === scales.centred
      ? 'nothing in the graph scales them'
      : `its graph (${steps.join(', ')}) makes ${range} of them`;
  const usual = best.scale === scales.centred ? ", InsightFace's convention" : '';
  return { scale: best.scale, why: `${by}${usual}` };
}

function fail(
  { path, pixels }: Pick<ModelDescription, 'pixels'> & { readonly path?: string },
  problem: string,
  scale: Scale = scales.centred,
): EmbedderError {
  const { steps } = pixels ?? { steps: [] };
  const before = steps.length === 0 ? '' : `; before its first layer: ${steps.join(', ')}`;
  const text = (order: FacePixels['order']): string => `'${describeFacePixels({ order, ...scale })}'`;
  const file = basename(path ?? 'NAME.onnx');
  return new EmbedderError(
    'model_mismatch',
    `${problem}${before}. Say how it wants its faces, order, mean and divisor: ARCFACE_INPUT=${text('rgb')}, or ${text('bgr')} where it is ` +
      `usually given pictures as OpenCV reads them; or {"pixels": "..."} in ${file}.json beside it. trinetra-models accuracy compares the two`,
  );
}

/**
 * How a model wants its faces: as it was told, else as the JSON file beside the model says, else as its graph says.
 *
 * @param told Wins over all that the files say.
 * @throws {EmbedderError} `model_mismatch` where the graph does not tell, with what to do.
 * @see https://github.com/deepinsight/insightface/blob/master/python-package/insightface/model_zoo/arcface_onnx.py for the convention
 */
export function choosePixels(description: ModelDescription, told?: FacePixels): PixelChoice {
  const { fileInputs, pixels, sidecar } = description;
  const beside = sidecar?.pixels === undefined ? null : parseFacePixels(sidecar.pixels);
  if (told !== undefined) return { pixels: told, why: 'it was set so' };
  if (beside !== null) return { pixels: beside, why: 'the JSON file beside the model says so' };
  if (pixels === null) {
    return {
      pixels: { order: 'rgb', ...scales.centred },
      why: "there is no graph to read, InsightFace's convention",
    };
  }
  if (pixels.channels === null)
    throw fail(description, `its graph does not tell what pixels it takes: ${pixels.problem}`);
  const bytes = fileInputs[0]?.type === 'uint8';
  const chosen = bytes ? { scale: scales.raw, why: 'it takes bytes' } : usualScale(pixels);
  if (chosen === null)
    throw fail(description, 'its graph does not tell whether it takes pixels of 0..255, 0..1 or -1..1');
  if (pixels.swapsChannels) {
    throw fail(
      description,
      'its graph swaps red and blue, which does not tell whether it takes RGB or BGR',
      chosen.scale,
    );
  }
  return { pixels: { order: 'rgb', ...chosen.scale }, why: chosen.why };
}

/**
 * How a model is made to take faces of bytes, which are a quarter of the memory; for `byteInput` of `loadModel`.
 *
 * @returns Undefined where nothing tells how it wants them: it is loaded as it is, and `createEmbedder` says what is missing.
 */
export function embedderByteInput(description: ModelDescription, told?: FacePixels): ByteInput | undefined {
  try {
    const { mean, divisor } = choosePixels(description, told).pixels;
    return { mean, divisor };
  } catch (error) {
    if (EmbedderError.isInstance(error)) return undefined;
    throw error;
  }
}
