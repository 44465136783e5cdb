import type { Size } from '@trinetra/contracts';
import { hasByteInput, type ImageInput, type ModelInfo, readImageInput } from '@trinetra/inference-runtime';
import { DetectorError } from './errors.ts';

type Dims = readonly (number | string)[];

/** What a detection model takes and gives. */
export interface DetectorContract {
  readonly input: ImageInput;
  readonly output: string;
  /** What it was exported for, px. */
  readonly inputSize: Size;
  /** Whether height and width are open. */
  readonly hasOpenSides: boolean;
  /** Sides of open inputs are multiples of this, px. */
  readonly stride: number;
  /** Null: any. */
  readonly batchSize: number | null;
  readonly classNames: Readonly<Record<number, string>>;
}

/**
 * How an output is to be read: six numbers a detection are an end-to-end head, anything else YOLOv8's. The smallest
 * input of a YOLOv8, 32x32, has 21 anchors, so that no output is both.
 */
export function headOf(dims: Dims): 'yolov8' | 'end-to-end' {
  return dims[2] === 6 ? 'end-to-end' : 'yolov8';
}

/** Ultralytics writes names as a Python dict, `{0: 'person', 1: 'bicycle'}`, and in engines as JSON. */
export function parseClassNames(text: string | undefined): Record<number, string> {
  const names: Record<number, string> = {};
  for (const match of (text ?? '').matchAll(/"?(\b\d+)"?:\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g)) {
    names[Number(match[1])] = (match[2] ?? match[3] ?? '').replaceAll(/\\(.)/g, '$1');
  }
  return names;
}

/** A symbolic axis is a name, or -1 where it has none. */
function fixed(dim: number | string | undefined): number | null {
  return typeof dim === 'number' && dim > 0 ? dim : null;
}

/** The size in the metadata, for models whose height and width are symbolic. */
function metadataSize(info: ModelInfo): [number, number] | null {
  const match = /^\[(\d+),\s*(\d+)\]$/.exec(info.metadata['imgsz'] ?? '');
  const size: [number, number] = [Number(match?.[1]), Number(match?.[2])];
  return size.every((side) => side > 0) ? size : null;
}

/** The next multiple of the stride, as Ultralytics takes an `imgsz` that is none. */
const whole = (side: number, stride: number): number => Math.ceil(side / stride) * stride;

/** Of the coarsest features; 32 where the metadata does not tell. */
function metadataStride(info: ModelInfo): number {
  const stride = Number(info.metadata['stride']);
  return Number.isInteger(stride) && stride >= 1 && stride <= 512 ? stride : 32;
}

/** What is wrong with a head of these dims, or null. Heads with masks or keypoints have more rows than class names. */
export function problemOfHead(
  dims: Dims,
  classNames: Readonly<Record<number, string>>,
  classIds: readonly number[],
): string | null {
  const names = Object.keys(classNames).length;
  const largest = Math.max(...classIds);
  if (dims.length !== 3) return 'an output [n, 4 + classes, anchors] or [n, detections, 6]';
  if (headOf(dims) === 'end-to-end') {
    return names > 0 && largest >= names ? `an output with the class ${largest} of ${names}` : null;
  }
  const [rows, anchors] = [fixed(dims[1]), fixed(dims[2])];
  if (rows === null) return null;
  if (rows < 5) return 'an output [n, 4 + classes, anchors] with a class or more';
  if (anchors !== null && rows > anchors) return 'an output [n, 4 + classes, anchors], not transposed,';
  if (names > 0 && rows !== 4 + names) {
    return `an output [n, ${4 + names}, anchors] for the ${names} classes in its metadata`;
  }
  return largest < rows - 4
    ? null
    : `an output [n, ${5 + largest} or more, anchors] for the class ${largest}`;
}

/** @throws {DetectorError} `model_mismatch` with the expected and the found shapes. */
export function readContract(info: ModelInfo, classIds: readonly number[]): DetectorContract {
  const [input, output] = [info.inputs[0], info.outputs[0]];
  const mismatch = (what: string): DetectorError =>
    new DetectorError(
      'model_mismatch',
      `detector model ${info.path}: expected ${what} but found ${input?.type} ${JSON.stringify(input?.dims)} -> ` +
        `${output?.type} ${JSON.stringify(output?.dims)}; export it for the task "detect"`,
    );
  if (output === undefined || info.inputs.length !== 1) {
    throw mismatch('one input [n, 3, h, w] and an output [n, 4 + classes, anchors]');
  }
  const image = readImageInput(input);
  if (image === null) throw mismatch('an input [n, 3, h, w] or [n, h, w, 3] of float32, float16 or uint8');
  if (output.type !== 'float32' && output.type !== 'float16') {
    throw mismatch('a float32 or float16 output [n, 4 + classes, anchors]');
  }
  if (!hasByteInput(info, { divisor: 255 })) {
    throw mismatch(
      `bytes that become level / 255, byteInput: { divisor: 255 }, not ${JSON.stringify(info.byteInput)},`,
    );
  }
  const classNames = parseClassNames(info.metadata['names']);
  const problem = problemOfHead(output.dims, classNames, classIds);
  if (problem !== null) throw mismatch(problem);
  const size = metadataSize(info);
  const stride = metadataStride(info);
  return {
    input: image,
    output: output.name,
    inputSize: {
      width: image.width ?? whole(size?.[1] ?? 640, stride),
      height: image.height ?? whole(size?.[0] ?? 640, stride),
    },
    hasOpenSides: image.width === null && image.height === null,
    stride,
    batchSize: image.batch,
    classNames,
  };
}
