import type { Size } from '@trinetra/contracts';
import type { TensorData } from '@trinetra/inference-runtime';
import { decodeEndToEnd, decodeHead, decodeQueries, decodeTopQueries } from './decode-head.ts';
import { DetectorError } from './errors.ts';
import { type Head, type HeadReading, headOfSix, problemOfValues } from './head.ts';
import type { DetectorContract } from './model-contract.ts';
import { type Candidate, suppress } from './nms.ts';
import type { DetectorSettings } from './options.ts';

/** Candidates that enter the suppression, as Ultralytics has it. */
const maxCandidates = 30_000;

/** Frames of nothing but zeros after which the values of a large head are looked at no more: no real model gives those. */
const mostEmptyFrames = 64;

/**
 * Reads the outputs of a model: the candidates of each frame, in the input's pixels, most confident first. `batch` is what was run,
 * `frames` how many of it are frames and no padding, `size` the input's.
 *
 * @throws {DetectorError} `model_mismatch` for another shape, or values that are certainly those of another head.
 */
type OutputReader = (
  output: TensorData | undefined,
  run: { readonly batch: number; readonly frames: number; readonly size: Size },
) => Candidate[][];

/** @param path Of the model, for messages. */
export function createOutputReader(
  contract: DetectorContract,
  settings: DetectorSettings,
  path: string,
): OutputReader {
  const { classIds, confidenceThreshold, iouThreshold, maxDetections } = settings;
  /** Of a head that neither the metadata nor the shape tells: what the first values showed. */
  let shown: Head | null = null;
  /** Heads with a score a class are large (YOLOv8's has 3 MB): their values are looked at until some were found to be sound. */
  let isProven = false;
  let emptyFrames = 0;

  /** The head of a frame, null where it holds nothing that tells, or what its values contradict. */
  function headOf(known: Head | null, values: Float32Array, columns: number): HeadReading {
    const head = known ?? shown;
    if (head === null) {
      const reading = headOfSix(values);
      if ('head' in reading) shown = reading.head;
      return reading;
    }
    if (columns !== 6 && isProven) return { head };
    const problem = problemOfValues(head, values, columns);
    if (problem !== null) return { problem };
    const isEmpty = !values.some((value) => value !== 0);
    if (isEmpty) emptyFrames += 1;
    isProven ||= !isEmpty || emptyFrames >= mostEmptyFrames;
    return { head };
  }

  function candidatesOf(
    head: Head,
    values: Float32Array,
    [rows, columns]: readonly [number, number],
    size: Size,
  ): Candidate[] {
    if (head === 'end-to-end') return decodeEndToEnd(values, classIds, confidenceThreshold);
    if (head === 'top-queries') return decodeTopQueries(values, classIds, confidenceThreshold, size);
    if (head === 'queries') return decodeQueries(values, columns - 4, classIds, confidenceThreshold, size);
    const found = decodeHead(values, rows - 4, columns, classIds, confidenceThreshold);
    return suppress(found, iouThreshold, maxCandidates, maxDetections);
  }

  return (output, { batch, frames, size }) => {
    const { data, dims = [] } = output ?? {};
    const mismatch = (what: string): DetectorError =>
      new DetectorError(
        'model_mismatch',
        `detector model ${path}: ${what}; received ${output?.type} ${JSON.stringify(dims)}`,
      );
    const [count = 0, rows = 0, columns = 0] = dims;
    const length = rows * columns;
    if (count !== batch || !(data instanceof Float32Array) || data.length !== batch * length) {
      throw mismatch(`expected a float32 output for ${batch} frames`);
    }
    const reading = contract.readHeadOf(dims, size);
    if ('problem' in reading) throw mismatch(reading.problem);
    return Array.from({ length: frames }, (_, index) => {
      const values = data.subarray(index * length, (index + 1) * length);
      const found = headOf(reading.head, values, columns);
      if ('problem' in found) throw mismatch(found.problem);
      const { head } = found;
      if (head === null) return [];
      return candidatesOf(head, values, [rows, columns], size);
    });
  };
}
