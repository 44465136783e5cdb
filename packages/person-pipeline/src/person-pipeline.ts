import { setImmediate, setTimeout } from 'node:timers/promises';
import type { FrameEntry, Logger, Result } from '@trinetra/contracts';
import type { Detection, Detector } from '@trinetra/detector';
import type { Embedder } from '@trinetra/embedder';
import type { FaceAligner, FaceResult } from '@trinetra/face-aligner';
import type { FrameDecoder } from '@trinetra/frame-decoder';
import type { LogLimiter, Telemetry } from '@trinetra/telemetry';
import type { FrameFindings } from './assemble-event.ts';
import { EngineForecast } from './engine-forecast.ts';
import { noteStage } from './follow-frames.ts';
import { inOrder } from './in-order.ts';
import { reasonOf } from './inference-health.ts';
import type { PreparedFrame } from './prepare-frame.ts';

export interface InferenceStages {
  readonly decoder: FrameDecoder;
  readonly detector: Detector;
  readonly aligner: FaceAligner;
  readonly embedder: Embedder;
  /** Whether the persons of a batch go through the face model together. */
  readonly alignTogether: boolean;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  /** For lines that a broken engine would write for every frame. */
  readonly limiter: LogLimiter;
}

/** What a batch costs the engine: the pixels of its inputs. */
const workOf = (batch: readonly PreparedFrame[]): number =>
  batch.reduce((sum, { frame: { letterbox } }) => sum + letterbox.inputWidth * letterbox.inputHeight, 0);

/** Which frame a line of the log is about. */
const logFields = ({ cameraId, frameId }: FrameEntry): Readonly<Record<string, string>> => ({
  camera_id: cameraId,
  frame_id: frameId,
});

/** Batches in detection: one at work and one that waits at the engine, so that it never waits for the event loop. */
const detectionsAtOnce = 2;

/** On the way between the threads a batch loses about so much, ms, before the engine begins. */
export const handOverMs = 2;

/** The stages that run on the engine. */
export interface InferBatch {
  /** Never rejects for a frame's sake: what failed is told in its findings. Results come in the order of the calls. */
  infer(batch: readonly PreparedFrame[]): Promise<FrameFindings[]>;
  /**
   * Undefined where a batch that leaves now finds the engine free, or will just when it gets there; else resolves when that may
   * have changed.
   */
  engineBusy(): Promise<unknown> | undefined;
}

/**
 * Makes what takes a micro-batch through detection, alignment and embedding. Batches overlap: one is embedded while the next is
 * aligned, another detected and yet another waits at the engine.
 */
export function createInferBatch(stages: InferenceStages): InferBatch {
  const { decoder, detector, aligner, embedder, alignTogether, telemetry, limiter } = stages;
  const detecting = new Set<Promise<unknown>>();
  const forecast = new EngineForecast(handOverMs);

  async function detectNow(batch: readonly PreparedFrame[]): Promise<Result<Detection[]>[]> {
    const startedAt = performance.now();
    for (const { readyAt, followed } of batch) {
      telemetry.observeStage('batch_wait', (startedAt - readyAt) / 1000);
      followed?.stage('batch_wait', readyAt, startedAt);
    }
    const attempts = await detector.detect(
      batch.map(({ frame }) => ({
        tensor: frame.tensor,
        letterbox: frame.letterbox,
        width: frame.image.width,
        height: frame.image.height,
      })),
    );
    const endedAt = performance.now();
    const seconds = (endedAt - startedAt) / 1000;
    telemetry.observeStage('detect', seconds);
    noteStage(batch, 'detect', startedAt, endedAt);
    telemetry.observeDetectionLatency(seconds);
    return attempts;
  }

  const detect = inOrder(
    (batch: readonly PreparedFrame[]) => {
      const attempts = detectNow(batch).finally(forecast.begin(workOf(batch)));
      detecting.add(attempts);
      return attempts.finally(() => detecting.delete(attempts));
    },
    { atOnce: detectionsAtOnce },
  );

  async function alignFrames(
    frames: readonly PreparedFrame[],
    detections: readonly (readonly Detection[])[],
  ): Promise<readonly (readonly FaceResult[])[]> {
    const pictures = frames.map(({ frame: { image } }, index) => ({
      image,
      persons: (detections[index] ?? []).map(({ bbox }) => bbox),
    }));
    try {
      return await aligner.align(pictures);
    } catch (error) {
      limiter.error(
        `face_failed:${reasonOf(error)}`,
        { frames: frames.map(({ entry }) => logFields(entry)), err: error },
        'face stage failed',
      );
      return pictures.map(({ persons }) => persons.map(() => ({ ok: false, reason: 'failed' })));
    }
  }

  async function embedAll(
    faces: readonly (readonly FaceResult[])[],
  ): Promise<(Result<Float32Array> | null)[][]> {
    const crops = faces.flat().flatMap((face) => (face.ok ? [face.value.aligned] : []));
    const results = crops.length === 0 ? [] : await embedder.embed(crops);
    let next = 0;
    return faces.map((list) =>
      list.map((face) => {
        if (!face.ok) return null;
        const result = results[next];
        next += 1;
        return result ?? { ok: false, reason: 'missing' };
      }),
    );
  }

  const align = inOrder(
    async (input: { batch: readonly PreparedFrame[]; detections: readonly (readonly Detection[])[] }) => {
      const startedAt = performance.now();
      const each = alignTogether ? input.batch.length : 1;
      const aligned: ReturnType<typeof alignFrames>[] = [];
      for (let at = 0; at < input.batch.length; at += each) {
        // Cutting persons out takes milliseconds: who waits for the event loop gets a turn between frames.
        if (at > 0) await setImmediate();
        aligned.push(alignFrames(input.batch.slice(at, at + each), input.detections.slice(at, at + each)));
      }
      const faces = (await Promise.all(aligned)).flat();
      const endedAt = performance.now();
      telemetry.observeStage('align', (endedAt - startedAt) / 1000);
      noteStage(input.batch, 'align', startedAt, endedAt);
      return faces;
    },
  );

  const embed = inOrder(
    async (input: { batch: readonly PreparedFrame[]; faces: readonly (readonly FaceResult[])[] }) => {
      const { batch, faces } = input;
      const startedAt = performance.now();
      const embeddings = await embedAll(faces);
      const endedAt = performance.now();
      const seconds = (endedAt - startedAt) / 1000;
      telemetry.observeStage('embed', seconds);
      noteStage(batch, 'embed', startedAt, endedAt);
      if (faces.some((list) => list.some((face) => face.ok))) telemetry.observeEmbeddingLatency(seconds);
      return embeddings;
    },
  );

  async function infer(batch: readonly PreparedFrame[]): Promise<FrameFindings[]> {
    const attempts = await detect(batch);
    const detections = attempts.map((attempt) => (attempt.ok ? attempt.value : []));
    const faces = await align({ batch, detections });
    const embeddings = await embed({ batch, faces });
    return batch.map((prepared, index) => {
      const { width: imageWidth, height: imageHeight, pixelAspectRatio = 1 } = prepared.frame.image;
      decoder.release(prepared.frame);
      const attempt = attempts[index];
      const base = {
        entry: prepared.entry,
        followed: prepared.followed,
        imageWidth,
        imageHeight,
        aspectRatio: (pixelAspectRatio * imageWidth) / imageHeight,
        detections: detections[index] ?? [],
        faces: faces[index] ?? [],
        embeddings: embeddings[index] ?? [],
      };
      if (attempt?.ok !== false) return base;
      const reason = reasonOf(attempt.error);
      limiter.error(
        `detection_failed:${reason}`,
        { ...logFields(prepared.entry), err: attempt.error },
        'detection failed',
      );
      return { ...base, failure: `detection_failed:${reason}` };
    });
  }

  function engineBusy(): Promise<unknown> | undefined {
    if (detecting.size >= detectionsAtOnce) return Promise.race(detecting);
    const leaveInMs = forecast.leaveInMs;
    if (leaveInMs === 0) return undefined;
    const known = Number.isFinite(leaveInMs);
    return Promise.race([...detecting, ...(known ? [setTimeout(leaveInMs, null, { ref: false })] : [])]);
  }

  return { infer, engineBusy };
}
