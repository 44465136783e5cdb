import type { Size } from '@trinetra/contracts';
import {
  hasByteInput,
  type ImageInput,
  type ModelInfo,
  problemOfPixels,
  readImageInput,
} from '@trinetra/inference-runtime';
import { DetectorError } from './errors.ts';
import { type Dims, familyOf, fixed, type Head, type HeadFacts, type HeadReading, readHead } from './head.ts';
import { type DetectorSizes, detectorByteInput, detectorSizesOf } from './model-facts.ts';
import { otherExport } from './other-exports.ts';

/** What a detection model takes and gives. */
export interface DetectorContract extends DetectorSizes {
  readonly input: ImageInput;
  readonly output: string;
  /** Null: any. */
  readonly batchSize: number | null;
  readonly classNames: Readonly<Record<number, string>>;
  /** Null: the first run that finds something tells. */
  readonly head: Head | null;
  /** How the output of a run is read, of pictures of that size. */
  readHeadOf(dims: Dims, size: Size): HeadReading;
}

/** Ultralytics writes names as a Python dict, `{0: 'person', 1: 'bicycle'}`, and in engines as JSON. */
export function parseClassNames(text: string | undefined): Record<number, string> {
  const names: Record<number, string> = {};
  for (const match of (text ?? '').matchAll(/"?(\b\d+)"?:\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g)) {
    names[Number(match[1])] = (match[2] ?? match[3] ?? '').replaceAll(/\\(.)/g, '$1');
  }
  return names;
}

/** The head, or what is wrong with it for the classes that are wanted. Heads with masks or keypoints have more rows than class names. */
function headFor(dims: Dims, facts: HeadFacts, classIds: readonly number[]): HeadReading {
  const reading = readHead(dims, facts);
  if ('problem' in reading) return reading;
  const largest = Math.max(...classIds);
  const { head } = reading;
  const rows = fixed(dims[1]);
  const columns = fixed(dims[2]);
  if (facts.classes > 0 && largest >= facts.classes) {
    return { problem: `expected an output with the class ${largest} of ${facts.classes}` };
  }
  if (head === 'yolov8' && rows !== null && largest >= rows - 4) {
    return { problem: `expected an output [n, ${5 + largest} or more, anchors] for the class ${largest}` };
  }
  if (head === 'queries' && columns !== null && largest >= columns - 4) {
    return { problem: `expected an output [n, queries, ${5 + largest} or more] for the class ${largest}` };
  }
  return reading;
}

const shapes = (tensors: ModelInfo['inputs']): string =>
  tensors.map(({ name, type, dims }) => `${name} ${type} ${JSON.stringify(dims)}`).join(', ');

/** Tasks of Ultralytics whose outputs are no detections. */
const otherTasks = /^(?:segment|semantic|pose|obb|classify|depth)$/;

/** What a model of another kind is, by the sentence that it is refused with; null where it may be a detector. */
function otherKind(info: ModelInfo): string | null {
  const { task = '' } = info.metadata;
  if (otherTasks.test(task)) {
    return `this is a model for the task "${task}": export one for the task "detect"`;
  }
  return otherExport(info);
}

/** @throws {DetectorError} `model_mismatch` with what the model is or what was expected, and the found shapes. */
export function readContract(info: ModelInfo, classIds: readonly number[]): DetectorContract {
  const [input, output] = [info.inputs[0], info.outputs[0]];
  const mismatch = (what: string): DetectorError =>
    new DetectorError(
      'model_mismatch',
      `detector model ${info.path}: ${what}; found ${shapes(info.fileInputs)} -> ${shapes(info.outputs)}`,
    );
  const other = otherKind(info);
  if (other !== null) throw mismatch(other);
  if (output === undefined || info.inputs.length !== 1) {
    throw mismatch('expected one input [n, 3, h, w] and an output [n, 4 + classes, anchors]');
  }
  const image = readImageInput(input);
  const sizes = detectorSizesOf(info);
  if (image === null || sizes === null)
    throw mismatch('expected an input [n, 3, h, w] or [n, h, w, 3] of float32, float16 or uint8');
  if (output.type !== 'float32' && output.type !== 'float16') {
    throw mismatch('expected a float32 or float16 output [n, 4 + classes, anchors]');
  }
  if (!hasByteInput(info, detectorByteInput)) {
    throw mismatch(
      `expected bytes that become level / 255, byteInput: { divisor: 255 }, not ${JSON.stringify(info.byteInput)}`,
    );
  }
  const problem = problemOfPixels(info.pixels, {
    range: info.fileInputs[0]?.type === 'uint8' ? 'levels' : 'scaled',
  });
  if (problem !== null) throw mismatch(problem);
  const classNames = parseClassNames(info.metadata['names']);
  const facts = { family: familyOf(info.metadata), classes: Object.keys(classNames).length };
  const readHeadOf = (dims: Dims, size: Size | null): HeadReading =>
    headFor(dims, { ...facts, size }, classIds);
  const hasSize = image.width !== null && image.height !== null;
  const reading = readHeadOf(output.dims, hasSize ? { width: image.width, height: image.height } : null);
  if ('problem' in reading) throw mismatch(reading.problem);
  return {
    head: reading.head,
    readHeadOf,
    input: image,
    output: output.name,
    ...sizes,
    batchSize: image.batch,
    classNames,
  };
}
