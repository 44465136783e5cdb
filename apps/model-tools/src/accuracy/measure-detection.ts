import { readFile } from 'node:fs/promises';
import { valueOrThrow, type Xyxy } from '@trinetra/contracts';
import type { Detector } from '@trinetra/detector';
import {
  createFrameDecoder,
  type DecodedFrame,
  decodeOutcomeOf,
  type FrameDecoder,
} from '@trinetra/frame-decoder';
import { UsageError } from '@trinetra/program';
import {
  type AtConfidence,
  type AveragePrecision,
  averagePrecision,
  type CocoBox,
  countAtConfidence,
  type EvaluatedImage,
  type FoundBox,
} from './coco-evaluation.ts';
import { batchSize, loadDetector, startRuntime, threads } from './load-models.ts';
import { readCoco, type TruthImage } from './read-coco.ts';
import { tellProgress } from './tell-progress.ts';

export interface DetectionOptions {
  /** Truth in COCO's format. */
  readonly detections: string;
  readonly images: string | undefined;
  /** Whose boxes are the truth. */
  readonly category: string;
  /** Classes of the models that stand for it. */
  readonly classIds: readonly number[];
  /** As CONFIDENCE_THRESHOLD of the worker. */
  readonly confidence: number;
  readonly models: readonly string[];
  readonly providers: string[];
  readonly say: (line: string) => void;
}

/** How one detector did. */
interface DetectionFigures extends AveragePrecision, AtConfidence {
  readonly file: string;
  readonly runs: string;
}

export interface DetectionReport {
  readonly images: number;
  readonly persons: number;
  readonly crowds: number;
  /** Black, blown-out or flat pictures, which the worker skips: in these nothing was found. */
  readonly flatImages: number;
  readonly confidence: number;
  readonly models: readonly DetectionFigures[];
}

const toCocoBox = ([x1, y1, x2, y2]: Xyxy): CocoBox => [x1, y1, x2 - x1, y2 - y1];

/** What a picture holds for the detector; null where the worker would skip it. */
async function decode(
  { file, width, height }: TruthImage,
  decoder: FrameDecoder,
): Promise<DecodedFrame | null> {
  const decoded = await decoder.decode(await readFile(file));
  if (!decoded.ok && decodeOutcomeOf(decoded.reason) === 'skipped') return null;
  if (!decoded.ok)
    throw new UsageError(`${file} cannot be decoded (${decoded.message}): take it out of the truth`);
  const { image } = decoded.value;
  if ((width ?? image.width) !== image.width || (height ?? image.height) !== image.height) {
    throw new UsageError(
      `${file} has ${image.width}x${image.height} px but its truth is of ${width}x${height}: take the pictures that the truth was made of`,
    );
  }
  return decoded.value;
}

/** What a detector finds in each picture; null where the worker would skip it. */
async function detectAll(
  images: readonly TruthImage[],
  detector: Detector,
  say: (line: string) => void,
): Promise<(readonly FoundBox[] | null)[]> {
  await using decoder = await createFrameDecoder({
    inputSizes: detector.inputSizes,
    tensorType: detector.tensorType,
    jpegAccuracy: 'exact',
    threads,
  });
  const all: (readonly FoundBox[] | null)[] = [];
  for (let next = 0; next < images.length; next += batchSize) {
    const frames = await Promise.all(
      images.slice(next, next + batchSize).map((image) => decode(image, decoder)),
    );
    const seen = frames.flatMap((frame) => frame ?? []);
    const results = await detector.detect(
      seen.map(({ tensor, letterbox, image: { width, height } }) => ({ tensor, letterbox, width, height })),
    );
    const detections = results.map(valueOrThrow);
    for (const frame of frames) {
      const own = frame === null ? undefined : detections[seen.indexOf(frame)];
      all.push(own?.map(({ bbox, confidence }) => ({ box: toCocoBox(bbox), confidence })) ?? null);
      if (frame !== null) decoder.release(frame);
    }
    tellProgress(say, all.length, images.length, frames.length);
  }
  return all;
}

/**
 * Measures detectors against truth, as the worker would decode pictures and find persons in them.
 *
 * @throws {UsageError} for truth, pictures or models that cannot be used.
 */
export async function measureDetection(options: DetectionOptions): Promise<DetectionReport> {
  const { images, category, classIds, confidence, say } = options;
  const truth = await readCoco(options.detections, { images, category });
  await using runtime = await startRuntime(options.providers);
  const loaded: Awaited<ReturnType<typeof loadDetector>>[] = [];
  for (const file of options.models) loaded.push(await loadDetector(runtime, file, classIds));
  for (const { file, detector } of loaded) {
    for (const warning of detector.warnings) say(`${file}: ${warning}`);
  }
  const models: DetectionFigures[] = [];
  let flatImages = 0;
  for (const { file, runs, detector } of loaded) {
    say(`${truth.length} pictures through ${file} ...`);
    const found = await detectAll(truth, detector, say);
    flatImages = found.filter((one) => one === null).length;
    const evaluated = truth.map(({ truths }, at): EvaluatedImage => ({ truths, found: found[at] ?? [] }));
    models.push({
      file,
      runs,
      ...averagePrecision(evaluated),
      ...countAtConfidence(evaluated, confidence),
    });
  }
  const boxes = truth.flatMap(({ truths }) => truths);
  const crowds = boxes.filter(({ crowd }) => crowd).length;
  return {
    images: truth.length,
    persons: boxes.length - crowds,
    crowds,
    flatImages,
    confidence,
    models,
  };
}
