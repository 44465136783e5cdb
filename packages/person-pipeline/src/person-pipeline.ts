import { availableParallelism } from 'node:os';
import { type Failure, requireOptions } from '@trinetra/contracts';
import {
  createFrameDecoder,
  type DecodeOptions,
  type DecodeProblem,
  type FrameDecoder,
} from '@trinetra/frame-decoder';
import { stage } from '@trinetra/micro-batch';
import { PersonPipelineError } from './errors.ts';
import type { Models } from './load-models.ts';
import { refusing, requireModels } from './options.ts';
import { batchesAtOnce, createPersonStages, type PersonFrame, type PersonStages } from './person-stages.ts';
import type { Findings } from './to-detection-event.ts';
import { zip } from './zip.ts';

export interface PersonPipelineOptions {
  /**
   * Decodes the pictures; made with `inputSizes` and `tensorType` of `models.detector`, and left open. Default: the pipeline makes
   * one of up to 4 threads at its first picture, and closes it.
   */
  readonly decoder?: FrameDecoder;
}

/** What was found in a picture, or why nothing is known of it, in a sentence. */
export type PictureResult =
  | { readonly ok: true; readonly value: Findings }
  | (Failure<DecodeProblem | 'detection_failed'> & { readonly message: string });

/** How pictures are looked at: `aspectRatioOf` for those that were squashed, `signal` to give up. */
export type AnalyseOptions = DecodeOptions;

/** Finds persons and faces in pictures, and embeds the faces. */
export interface PersonPipeline extends AsyncDisposable {
  /**
   * Looks at pictures (the bytes of JPEG, PNG or WebP files): one result each, in their order. They go through the models in batches,
   * whose stages overlap; at most 6 batches are decoded at a time, however long the list.
   *
   * @throws {PersonPipelineError} `closed`, or `invalid_options` for what is no picture's bytes; what the decoder throws; the signal's
   * reason.
   */
  analyse(pictures: readonly Uint8Array[], options?: AnalyseOptions): Promise<PictureResult[]>;
  /** Looks at one picture. */
  analyse(picture: Uint8Array, options?: AnalyseOptions): Promise<PictureResult>;
  /** Waits for the pictures under way, and closes the decoder that the pipeline made. The models stay open. */
  close(): Promise<void>;
}

interface PictureFrame extends PersonFrame {
  /** Its place in the call. */
  readonly at: number;
}

/** Once the first picture has come. */
interface Opened {
  readonly decoder: FrameDecoder;
  readonly stages: PersonStages<PictureFrame>;
}

function checkPictures(pictures: readonly Uint8Array[]): void {
  const list: unknown = pictures;
  const wrong = Array.isArray(list) ? list.findIndex((one) => !(one instanceof Uint8Array)) : -1;
  if (Array.isArray(list) && wrong === -1) return;
  const [name, value] = Array.isArray(list) ? [`pictures[${wrong}]`, list[wrong]] : ['pictures', list];
  throw new PersonPipelineError(
    'invalid_options',
    `${name}: expected the bytes of a picture${name === 'pictures' ? ', or a list of such,' : ''} but received ` +
      `${value === null ? 'null' : typeof value}: read the file first`,
  );
}

/** Places 0 to `count`, in parts. */
async function* partsOf(count: number, size: number): AsyncGenerator<number[]> {
  for (let from = 0; from < count; from += size)
    yield Array.from({ length: Math.min(size, count - from) }, (_, index) => from + index);
}

/**
 * Makes a pipeline over loaded models: from the bytes of pictures to persons, faces and embeddings. For frames that come
 * one by one, chain the stages yourself: `createPersonStages`.
 *
 * @throws {PersonPipelineError} `invalid_options`.
 * @example
 * const pipeline = createPersonPipeline(models);
 * for (const photo of await pipeline.analyse(jpegs)) console.log(photo.ok ? photo.value.persons.length : photo.message);
 * await pipeline.close();
 */
export function createPersonPipeline(models: Models, options: PersonPipelineOptions = {}): PersonPipeline {
  const { detector, batchSize } = requireModels(models);
  const { decoder: given } = requireOptions(options, refusing);
  const { inputSizes, tensorType } = detector;
  let opening: Promise<Opened> | undefined;
  const underWay = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  async function open(): Promise<Opened> {
    const threads = Math.min(4, availableParallelism());
    const decoder = given ?? (await createFrameDecoder({ inputSizes, tensorType, threads }));
    return { decoder, stages: createPersonStages<PictureFrame>(models, { decoder }) };
  }

  async function analyseAll(
    pictures: readonly Uint8Array[],
    decoding: AnalyseOptions | undefined,
  ): Promise<PictureResult[]> {
    checkPictures(pictures);
    opening ??= open().catch((error: unknown) => {
      opening = undefined; // the next call tries again
      throw error;
    });
    const { decoder, stages } = await opening;
    const embeddingSpace = models.embeddingSpaceOf(decoder);
    const results: PictureResult[] = [];

    async function decode(places: readonly number[]): Promise<PictureFrame[]> {
      const decoded = await Promise.all(
        places.map((at) => decoder.decode(pictures[at] as Uint8Array, decoding)),
      );
      return zip(places, decoded).flatMap(([at, picture]) => {
        if (picture.ok) return [{ at, frame: picture.value, persons: [] }];
        results[at] = { ...picture, message: picture.message ?? picture.reason };
        return [];
      });
    }

    const frames = stage(partsOf(pictures.length, batchSize), decode, { atOnce: 2 });
    const detected = stage(frames, stages.detect, { atOnce: batchesAtOnce.detect });
    const aligned = stage(detected, stages.align, { atOnce: batchesAtOnce.align });
    for await (const batch of stage(aligned, stages.embed, { atOnce: batchesAtOnce.embed })) {
      for (const { at, frame, persons, failure, failureMessage } of batch) {
        const { width, height } = frame.image;
        results[at] =
          failure === undefined
            ? { ok: true, value: { image: { width, height }, persons, embeddingSpace } }
            : { ok: false, reason: 'detection_failed', message: failureMessage ?? failure };
      }
    }
    return results;
  }

  async function one(picture: Uint8Array, decoding?: AnalyseOptions): Promise<PictureResult> {
    const [result] = await analyseAll([picture], decoding);
    return result as PictureResult;
  }

  function analyse(picture: Uint8Array, decoding?: AnalyseOptions): Promise<PictureResult>;
  function analyse(pictures: readonly Uint8Array[], decoding?: AnalyseOptions): Promise<PictureResult[]>;
  async function analyse(
    pictures: Uint8Array | readonly Uint8Array[],
    decoding?: AnalyseOptions,
  ): Promise<PictureResult | PictureResult[]> {
    if (closing !== undefined) throw new PersonPipelineError('closed', 'The pipeline is closed');
    const done = pictures instanceof Uint8Array ? one(pictures, decoding) : analyseAll(pictures, decoding);
    underWay.add(done);
    return done.finally(() => underWay.delete(done));
  }

  async function finish(): Promise<void> {
    await Promise.allSettled(underWay);
    if (given === undefined) await opening?.then(({ decoder }) => decoder.close());
  }

  const close = (): Promise<void> => {
    closing ??= finish();
    return closing;
  };
  return { analyse, close, [Symbol.asyncDispose]: close };
}
