import { setImmediate, setTimeout } from 'node:timers/promises';
import { errorText, type Result, requireOptions } from '@trinetra/contracts';
import type { Detection } from '@trinetra/detector';
import type { FaceResult } from '@trinetra/face-aligner';
import type { DecodedFrame, FrameDecoder } from '@trinetra/frame-decoder';
import { EngineForecast } from './engine-forecast.ts';
import { reasonOf } from './inference-health.ts';
import type { Models } from './load-models.ts';
import { type LimitedLog, unlimited } from './observer.ts';
import { refusing, requireModels } from './options.ts';
import { zip } from './zip.ts';

/** A person in a frame, in pixels of the frame. */
export interface Person extends Detection {
  /** The face, or why there is none; null until the frame was aligned. */
  face: FaceResult | null;
  /** Null where there is no face to embed. */
  embedding: Result<Float32Array> | null;
}

/** A frame on its way through the models; each stage fills in what it finds. */
export interface PersonFrame {
  readonly frame: DecodedFrame;
  /** Most confident first. */
  persons: Person[];
  /** Why detection failed, such as `detection_failed:run_failed`. */
  failure?: string;
  /** The same in a sentence. */
  failureMessage?: string;
}

/** The stages on the engine, in order. */
export type ModelStage = 'detect' | 'align' | 'embed';

/**
 * Batches that each stage has at once where they overlap: two in detection, one at work and one that waits at the engine, so that it
 * never waits for the event loop.
 */
export const batchesAtOnce: Readonly<Record<ModelStage, number>> = Object.freeze({
  detect: 2,
  align: 1,
  embed: 1,
});

/** On the way between the threads a batch loses about so much, ms, before the engine begins. */
export const handOverMs = 2;

export interface PersonStagesOptions<F extends PersonFrame> {
  /** Gets the pixels of each frame back once its faces are embedded. Default: they are left alone. */
  readonly decoder?: Pick<FrameDecoder, 'release'>;
  /** Is told when a batch was in a stage, by `performance.now()`. */
  readonly onStage?: (stage: ModelStage, batch: readonly F[], startedAt: number, endedAt: number) => void;
  /** What the log tells of a frame on which a stage failed. Default: nothing. */
  readonly describe?: (frame: F) => Readonly<Record<string, unknown>>;
  /** Default: silent. */
  readonly limitedLog?: LimitedLog;
}

/** The stages that find persons and faces, and embed the faces. None rejects for a frame's sake: what failed is told in the frame. */
export interface PersonStages<F extends PersonFrame> {
  /** All three stages, one after the other. */
  find(batch: readonly F[]): Promise<readonly F[]>;
  detect(batch: readonly F[]): Promise<readonly F[]>;
  align(batch: readonly F[]): Promise<readonly F[]>;
  embed(batch: readonly F[]): Promise<readonly F[]>;
  /**
   * Undefined where a batch that leaves now finds the engine free, or will just when it gets there; else resolves when that may
   * have changed.
   */
  busy(): Promise<unknown> | undefined;
}

/** What a batch costs the engine: the pixels of its inputs. */
const workOf = (batch: readonly PersonFrame[]): number =>
  batch.reduce((sum, { frame: { letterbox } }) => sum + letterbox.inputWidth * letterbox.inputHeight, 0);

/**
 * Makes the stages over loaded models. Let them overlap, each with as many batches as {@link batchesAtOnce} says: one is embedded
 * while the next is aligned, another detected and yet another waits at the engine.
 *
 * @throws {PersonPipelineError} `invalid_options`.
 * @example
 * const stages = createPersonStages(models, { decoder });
 * const [photo] = await stages.find([{ frame, persons: [] }]);
 */
export function createPersonStages<F extends PersonFrame = PersonFrame>(
  models: Pick<Models, 'detector' | 'aligner' | 'embedder' | 'alignTogether'>,
  options: PersonStagesOptions<F> = {},
): PersonStages<F> {
  const { detector, aligner, embedder, alignTogether } = requireModels(models);
  const {
    decoder,
    onStage,
    describe = () => ({}),
    limitedLog = unlimited(),
  } = requireOptions(options, refusing);
  const detecting = new Set<Promise<unknown>>();
  const forecast = new EngineForecast(handOverMs);

  async function detectNow(batch: readonly F[]): Promise<void> {
    const startedAt = performance.now();
    const results = await detector.detect(
      batch.map(({ frame: { tensor, letterbox, image } }) => ({
        tensor,
        letterbox,
        width: image.width,
        height: image.height,
      })),
    );
    for (const [frame, result] of zip(batch, results)) {
      if (result.ok) {
        frame.persons = result.value.map((detection) => ({ ...detection, face: null, embedding: null }));
        continue;
      }
      frame.failure = `detection_failed:${reasonOf(result.error)}`;
      frame.failureMessage = result.message ?? errorText(result.error);
      limitedLog.error(frame.failure, { ...describe(frame), err: result.error }, 'detection failed');
    }
    onStage?.('detect', batch, startedAt, performance.now());
  }

  async function detect(batch: readonly F[]): Promise<readonly F[]> {
    const done = detectNow(batch).finally(forecast.begin(workOf(batch)));
    detecting.add(done);
    await done.finally(() => detecting.delete(done));
    return batch;
  }

  async function alignFrames(frames: readonly F[]): Promise<void> {
    try {
      const faces = await aligner.align(
        frames.map(({ frame, persons }) => ({
          image: frame.image,
          persons: persons.map(({ bbox }) => bbox),
        })),
      );
      for (const [{ persons }, found] of zip(frames, faces))
        for (const [person, face] of zip(persons, found)) person.face = face;
    } catch (error) {
      limitedLog.error(
        `face_failed:${reasonOf(error)}`,
        { frames: frames.map(describe), err: error },
        'face stage failed',
      );
      for (const { persons } of frames)
        for (const person of persons) person.face = { ok: false, reason: 'failed' };
    }
  }

  async function align(batch: readonly F[]): Promise<readonly F[]> {
    const startedAt = performance.now();
    const each = alignTogether ? batch.length : 1;
    const parts: Promise<void>[] = [];
    for (let at = 0; at < batch.length; at += each) {
      // Cutting persons out takes milliseconds: who waits for the event loop gets a turn between frames.
      if (at > 0) await setImmediate();
      parts.push(alignFrames(batch.slice(at, at + each)));
    }
    await Promise.all(parts);
    onStage?.('align', batch, startedAt, performance.now());
    return batch;
  }

  async function embed(batch: readonly F[]): Promise<readonly F[]> {
    const startedAt = performance.now();
    const faces = batch.flatMap(({ persons }) =>
      persons.flatMap((person) =>
        person.face?.ok === true ? [{ person, crop: person.face.value.aligned }] : [],
      ),
    );
    if (faces.length > 0) {
      const results = await embedder.embed(faces.map(({ crop }) => crop));
      for (const [{ person }, result] of zip(faces, results)) person.embedding = result;
    }
    onStage?.('embed', batch, startedAt, performance.now());
    for (const { frame } of batch) decoder?.release(frame);
    return batch;
  }

  function busy(): Promise<unknown> | undefined {
    const leaveInMs = forecast.leaveInMs;
    if (leaveInMs === 0) return undefined;
    const known = Number.isFinite(leaveInMs);
    return Promise.race([...detecting, ...(known ? [setTimeout(leaveInMs, null, { ref: false })] : [])]);
  }

  const find = async (batch: readonly F[]): Promise<readonly F[]> => embed(await align(await detect(batch)));
  return { find, detect, align, embed, busy };
}
