import type { ChannelMap, PixelMap } from '../types.ts';

/** What a layer gets that takes the picture as it is. */
export const unchanged: PixelMap = {
  steps: [],
  channels: [
    { scale: 1, offset: 0 },
    { scale: 1, offset: 0 },
    { scale: 1, offset: 0 },
  ],
  swapsChannels: false,
  passes: { below0: true, above1: true },
  gain: 1,
  problem: '',
};

/** What nobody knows of steps. @param gain Null where nothing was measured. */
export const unmeasured = (
  steps: PixelMap['steps'],
  problem: string,
  gain: number | null = null,
): PixelMap => ({ ...unchanged, steps, channels: null, gain, problem });

/** A factor below this makes a range near 1 of levels 0..255, and next to nothing of values up to 1. */
const mostLevelScale = 1 / 50;
/** What is left as it is, within rounding. */
const isUnchanged = ({ scale, offset }: ChannelMap): boolean =>
  Math.abs(scale - 1) <= 0.02 && Math.abs(offset) <= 0.02;

/** How a stage gives a model its pixels. */
export interface GivenPixels {
  /** `levels`: 0..255 as they are, for the graph to scale; `scaled`: in the range that the network was trained for. */
  readonly range: 'levels' | 'scaled';
  /** Whether the graph may scale pixels of that range further, as by means of its own; default true. */
  readonly mayScale?: boolean;
}

/**
 * Why a model does not want its pixels as a stage gives them: its graph scales levels 0..255 by itself, or swaps the channels.
 *
 * @returns Null where the graph does neither, or does not tell.
 */
export function problemOfPixels(
  pixels: PixelMap | null,
  { range, mayScale = true }: GivenPixels,
): string | null {
  if (pixels === null || pixels.steps.length === 0) return null;
  const steps = pixels.steps.join(', ');
  const { channels, gain, swapsChannels } = pixels;
  if (swapsChannels) return `its graph swaps red and blue (${steps}): export it without`;
  const most = Math.max(...(channels ?? []).map(({ scale }) => Math.abs(scale)));
  if (range === 'levels') {
    return most > 2
      ? `its graph makes levels of pixels of another range (${steps}): export it without`
      : null;
  }
  if (gain !== null && gain <= mostLevelScale)
    return `its graph scales levels 0..255 by itself (${steps}): export it without`;
  if (!mayScale && channels !== null && !channels.every(isUnchanged))
    return `its graph scales the pixels by itself (${steps}): export it without`;
  return null;
}

/** Runs the stem on a picture whose channels have these values everywhere. */
export type RunStem = (levels: readonly [number, number, number]) => Promise<Float32Array>;

/** Of two slopes that count as one, by the larger: half precision rounds, and so do quantised graphs. */
const slopeTolerance = 0.1;
/** Of two values that count as one, by the larger. */
const valueTolerance = 1e-3;
/** Share of the values that have to say the same: at the rim of a picture a filter may see padding. */
const leastShare = 0.6;

const close = (a: number, b: number, tolerance: number): boolean =>
  Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b)) + 1e-9;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

interface Runs {
  readonly zero: Float32Array;
  /** Each channel at 255, the others at 0. */
  readonly full: readonly Float32Array[];
  readonly one: Float32Array;
  readonly below: Float32Array;
}

/** Values that are looked at: some thousand of a large picture, next to each other in threes and more, so that their order shows. */
const block = 12;
const blocks = 2048;

function placesIn(length: number): number[] {
  const step = Math.max(block, Math.floor(length / blocks / block) * block);
  const places: number[] = [];
  for (let at = 0; at < length; at += step)
    for (let next = at; next < Math.min(length, at + block); next += 1) places.push(next);
  return places;
}

/** The channel that each value depends on; -1: on none, -2: on several. */
function sourcesOf({ zero, full }: Runs, places: readonly number[]): number[] {
  return places.map((at) => {
    const from = full.flatMap((one, channel) =>
      close(one[at] ?? Number.NaN, zero[at] ?? Number.NaN, valueTolerance) ? [] : [channel],
    );
    return from.length > 1 ? -2 : (from[0] ?? -1);
  });
}

/** What becomes of a channel at these places of the answer; null where it is not the same for most of them. */
function channelOf(
  { zero, full, one, below }: Runs,
  channel: number,
  places: readonly number[],
): (ChannelMap & { below0: boolean; above1: boolean }) | null {
  const slopes = (values: Float32Array | undefined, level: number): number[] =>
    places.map((at) => ((values?.[at] ?? Number.NaN) - (zero[at] ?? Number.NaN)) / level);
  const [far, near, back] = [slopes(full[channel], 255), slopes(one, 1), slopes(below, -1)];
  const offset = median(places.map((at) => zero[at] ?? Number.NaN));
  const above1 = close(median(far), median(near), slopeTolerance);
  const measured = above1 ? far : near; // the longer way is the more exact one
  const scale = median(measured);
  const alike = places.filter(
    (at, index) =>
      close(measured[index] ?? Number.NaN, scale, slopeTolerance) &&
      Math.abs((zero[at] ?? Number.NaN) - offset) <=
        slopeTolerance * Math.abs(scale) + Math.abs(offset) * valueTolerance,
  );
  if (scale === 0 || alike.length < leastShare * places.length) return null;
  return { scale, offset, above1, below0: close(median(back), scale, slopeTolerance) };
}

/**
 * Measures what the stem of a graph makes of a picture, channel by channel, by seven runs of it on pictures of one colour: 0 and 255 in each
 * channel tell scale and offset, 1 and -1 whether values are clipped on the way, white what black and white differ by.
 */
export async function measurePixelMap(steps: PixelMap['steps'], run: RunStem): Promise<PixelMap> {
  const runs: Runs = {
    zero: await run([0, 0, 0]),
    full: [await run([255, 0, 0]), await run([0, 255, 0]), await run([0, 0, 255])],
    one: await run([1, 1, 1]),
    below: await run([-1, -1, -1]),
  };
  const white = await run([255, 255, 255]);
  const all = [runs.zero, ...runs.full, runs.one, runs.below, white];
  if (!all.every((values) => values.length === runs.zero.length && values.every(Number.isFinite)))
    return unmeasured(steps, 'they give no finite numbers for pictures of one colour');
  const places = placesIn(runs.zero.length);
  const gain = median(
    places.map((at) => Math.abs((white[at] ?? Number.NaN) - (runs.zero[at] ?? Number.NaN)) / 255),
  );
  const sources = sourcesOf(runs, places);
  if (sources.includes(-2)) return unmeasured(steps, 'they mix the channels', gain);
  const order = [...new Set(sources.filter((source) => source >= 0))];
  if (order.length !== 3) return unmeasured(steps, `${order.length} of 3 channels come through`, gain);
  const [first, second, third] = [0, 1, 2].map((channel) =>
    channelOf(
      runs,
      channel,
      places.filter((_, index) => sources[index] === channel),
    ),
  );
  if (!first || !second || !third) return unmeasured(steps, 'they do not treat all pixels alike', gain);
  const plain = ({ scale, offset }: ChannelMap): ChannelMap => ({ scale, offset });
  return {
    steps,
    channels: [plain(first), plain(second), plain(third)],
    swapsChannels: order[0] === 2,
    passes: {
      below0: first.below0 && second.below0 && third.below0,
      above1: first.above1 && second.above1 && third.above1,
    },
    gain,
    problem: '',
  };
}
