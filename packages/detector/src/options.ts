import { type ParseOptions, parseOptions, refuseWith, requireOptions } from '@trinetra/contracts';
import { type InferenceModel, type RunObserver, requireModel } from '@trinetra/inference-runtime';
import { z } from 'zod';
import { DetectorError } from './errors.ts';

export interface DetectorOptions {
  /**
   * A YOLO model, `[n, 3, h, w]` or `[n, h, w, 3]` RGB in, 0..1 as float32 or float16 or 0..255 as uint8, and out either `[n, 4 + classes, anchors]` (YOLOv8) or, where the
   * suppression is in the graph, `[n, detections, 6]`; or an RT-DETR of `[n, queries, 4 + classes]`, or `[n, detections, 6]` in 0..1.
   */
  readonly model: InferenceModel;
  /** Least confidence, 0..1; compared as float32, as models give it. Default 0.35. */
  readonly confidenceThreshold?: number;
  /** Overlap above which the less confident box of a class goes, 0..1; default 0.45. */
  readonly iouThreshold?: number;
  /** Classes to report; default `[0]`, the persons of COCO. */
  readonly classIds?: readonly number[];
  /** Detections a frame, 1..30000; default 300. */
  readonly maxDetections?: number;
  /**
   * Frames a run of a model without a fixed batch, 1..1024; default 1024. 1 where CPUs compute: it costs the same there,
   * and the frames of a batch run on several threads at once.
   */
  readonly framesPerRun?: number;
  /**
   * Sizes that runs of a model without a fixed batch are padded to; default: none. On GPUs, one size for all runs: engines
   * are built, and memory is laid out, for each that comes. A run is cut smaller only where memory runs out.
   */
  readonly runSizes?: readonly number[] | undefined;
  /**
   * Width over height of the pictures that will come; default: none are known. A model whose height and width are open runs each at
   * the smallest size that holds it, see `inputSizes` of the detector; others at their own size.
   */
  readonly aspectRatios?: readonly number[];
  /** Is told how the runs go. */
  readonly observer?: RunObserver | undefined;
}

/** What the caller may leave out. */
type DetectorValues = Omit<DetectorOptions, 'model' | 'observer'>;

export type DetectorSettings = Readonly<Required<Omit<DetectorValues, 'runSizes'>>> &
  Pick<DetectorValues, 'runSizes'>;

const schema = z.strictObject({
  confidenceThreshold: z.number().min(0).max(1).default(0.35),
  iouThreshold: z.number().min(0).max(1).default(0.45),
  classIds: z
    .array(z.int().min(0))
    .min(1)
    .transform((ids) => [...new Set(ids)])
    .default([0])
    .readonly(),
  maxDetections: z.int().min(1).max(30_000).default(300),
  framesPerRun: z.int().min(1).max(1024).default(1024),
  runSizes: z.array(z.int().min(1).max(1024)).min(1).optional(),
  aspectRatios: z.array(z.number().min(0.01).max(100)).default([]).readonly(),
});

/** The defaults, frozen. */
export const defaultDetectorOptions: DetectorSettings = Object.freeze(schema.parse({}));

const refusing: ParseOptions = refuseWith(DetectorError);

/** @throws {DetectorError} `invalid_options`, naming every option that is unknown or out of range. */
export function parseDetectorOptions(given: DetectorValues): DetectorSettings {
  return parseOptions(schema, given, refusing);
}

/** The options, all looked at. @throws {DetectorError} `invalid_options`, also without a model. */
export function readDetectorOptions(
  options: DetectorOptions,
): Pick<DetectorOptions, 'model' | 'observer'> & { readonly settings: DetectorSettings } {
  const { model, observer, ...given } = requireOptions(options, refusing);
  return { settings: parseDetectorOptions(given), model: requireModel(model, refusing), observer };
}
