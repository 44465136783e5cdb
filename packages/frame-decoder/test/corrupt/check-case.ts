import type { Result, RgbImage } from '@trinetra/contracts';
import sharp from 'sharp';
import type { DecodedFrame, DecodeProblem } from '../../src/decode-result.ts';
import type { FrameDecoder } from '../../src/frame-decoder.ts';
import { difference } from '../pictures.ts';

/** The two ways in which the worker decodes. */
export interface Decoders {
  readonly exact: FrameDecoder;
  readonly fast: FrameDecoder;
}

/** A file and the expected result. */
export interface DecodeCase {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** One of these reasons, decoded, or any result. */
  readonly expected: 'decoded' | 'either' | readonly DecodeProblem[];
  /** The whole picture that these bytes begin: only its pixels may come out. */
  readonly cutFrom?: Uint8Array | undefined;
  /** The expected pixels, if known. */
  readonly pixels?: Uint8Array;
  /** Largest mean difference of them. Default 6 levels: what the coding costs. */
  readonly tolerance?: number;
  /** Default {@link limitMs}. */
  readonly limitMs?: number;
}

/** Longest time for one small picture; a machine of two busy cores takes some tens of milliseconds. */
const limitMs = 3000;

/** Counts over all cases. */
export class Book {
  cases = 0;
  decodes = 0;
  decoded = 0;
  readonly #refused = new Map<string, number>();
  readonly #rss: number[] = [];
  #slowest = { ms: 0, name: '' };

  /** @param pooledBytes What the decoders keep for the next pictures: bounded, and no loss. */
  note(name: string, result: Result<DecodedFrame, DecodeProblem>, ms: number, pooledBytes: number): void {
    this.decodes += 1;
    if (result.ok) this.decoded += 1;
    else this.#refused.set(result.reason, (this.#refused.get(result.reason) ?? 0) + 1);
    if (ms > this.#slowest.ms) this.#slowest = { ms, name };
    this.#rss.push((process.memoryUsage.rss() - pooledBytes) / 1024 / 1024);
  }

  /**
   * Means of the third and the last quarter. A mean smooths single garbage collections, and in the first half
   * the allocator still grows for the many odd sizes.
   */
  summary(): { readonly growthMb: number; readonly line: string } {
    const quarter = this.#rss.length >> 2;
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const [third, last] = [mean(this.#rss.slice(2 * quarter, 3 * quarter)), mean(this.#rss.slice(-quarter))];
    const reasons = [...this.#refused].map(([reason, count]) => `${reason} ${count}`).join(', ');
    const line =
      `${this.decodes} cases: ${this.decoded} decoded, refused: ${reasons}; slowest ${this.#slowest.ms.toFixed(0)} ms ` +
      `(${this.#slowest.name}); RSS without the buffer pools ${third.toFixed(0)} MiB in the third quarter, ${last.toFixed(0)} in the last`;
    return { growthMb: last - third, line };
  }
}

/** What an independent caller of libvips sees; `null` if it refuses. */
async function independentDecode(
  bytes: Uint8Array,
): Promise<{ data: Buffer; width: number; height: number } | null> {
  try {
    const { data, info } = await sharp(bytes, { failOn: 'none', ignoreIcc: true })
      .flatten(false)
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    return info.channels === 3 ? { data, width: info.width, height: info.height } : null;
  } catch {
    return null; // a broken file for it, too: our decoder must then have refused it
  }
}

/** Runs a case through both decoders. @throws with the name of the case if one of them is wrong */
export async function checkCase(
  decoders: Decoders,
  one: DecodeCase,
  book: Book,
): Promise<{ readonly exact: string; readonly fast: string }> {
  book.cases += 1;
  const run = async (accuracy: 'exact' | 'fast'): Promise<string> => {
    const name = `${one.name} (${accuracy})`;
    const decoder = decoders[accuracy];
    const startedAt = performance.now();
    const result = await decoder.decode(one.bytes);
    const ms = performance.now() - startedAt;
    const pooledBytes = decoders.exact.stats().pooledBytes + decoders.fast.stats().pooledBytes;
    book.note(name, result, ms, pooledBytes);
    if (ms > (one.limitMs ?? limitMs)) throw new Error(`${name}: took ${ms.toFixed(0)} ms`);
    try {
      await judge(one, accuracy, result);
      if (result.ok && one.cutFrom !== undefined)
        await expectWhole(decoder, one.cutFrom, result.value.image, accuracy);
    } catch (error) {
      throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    } finally {
      if (result.ok) decoder.release(result.value);
    }
    return result.ok ? 'decoded' : result.reason;
  };
  return { exact: await run('exact'), fast: await run('fast') };
}

/** Some are cut so late that the decoder has every pixel, and only the end marker is not whole. */
async function expectWhole(
  decoder: FrameDecoder,
  bytes: Uint8Array,
  image: RgbImage,
  accuracy: 'exact' | 'fast',
): Promise<void> {
  const whole = await decoder.decode(bytes);
  if (!whole.ok) throw new Error(`the whole picture: ${whole.message}`);
  const apart = difference(whole.value.image.data, image.data).max;
  decoder.release(whole.value);
  // On the fast path libvips decodes what libjpeg-turbo complains about: another transform, some levels apart.
  if (apart > (accuracy === 'exact' ? 0 : 18))
    throw new Error(`cut, and decoded ${apart} levels off the whole`);
}

async function judge(
  one: DecodeCase,
  accuracy: 'exact' | 'fast',
  result: Result<DecodedFrame, DecodeProblem>,
): Promise<void> {
  if (!result.ok) {
    if (one.expected === 'decoded') throw new Error(`refused: ${result.reason}: ${result.message}`);
    if (Array.isArray(one.expected) && !one.expected.includes(result.reason))
      throw new Error(
        `expected ${one.expected.join(' or ')} but received ${result.reason}: ${result.message}`,
      );
    const { message = '' } = result;
    if (/[^\t\n\x20-\x7e]/.test(message)) throw new Error(`raw bytes in the message: ${message}`);
    if (message.length === 0 || message.length > 1000)
      throw new Error(`a message of ${message.length} characters`);
    return;
  }
  if (Array.isArray(one.expected)) throw new Error('decoded');
  const { image, tensor, mean } = result.value;
  if (image.data.length !== image.width * image.height * 3) throw new Error('a wrong number of pixels');
  if (!Number.isFinite(mean) || tensor.some((value) => !(value >= 0 && value <= 1)))
    throw new Error('values outside of 0..1 in the tensor');
  if (one.pixels !== undefined) {
    const apart = difference(image.data, one.pixels).mean;
    if (apart > (one.tolerance ?? 6)) throw new Error(`${apart.toFixed(1)} levels off the known pixels`);
    return;
  }
  const independent = await independentDecode(one.bytes);
  if (independent === null) throw new Error('decoded what libvips refuses');
  const { width, height, data } = independent;
  if (width !== image.width || height !== image.height)
    throw new Error(`decoded ${image.width}x${image.height}, libvips says ${width}x${height}`);
  // CMYK becomes RGB by another formula; and of what is broken unnoticed, the fast transform makes other garbage.
  const isCmyk = (await sharp(one.bytes).metadata()).space === 'cmyk';
  if (isCmyk || (accuracy === 'fast' && one.expected === 'either')) return;
  const apart = difference(image.data, data).mean;
  if (apart > (accuracy === 'exact' ? 0 : 6)) throw new Error(`${apart.toFixed(2)} levels off libvips`);
}
