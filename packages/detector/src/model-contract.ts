import type { ModelInfo } from '@trinetra/inference-runtime';
import { DetectorError } from './errors.ts';

/** What a YOLOv8 model takes and gives. */
export interface DetectorContract {
  readonly input: string;
  readonly output: string;
  readonly inputWidth: number;
  readonly inputHeight: number;
  /** Null: any. */
  readonly batchSize: number | null;
  readonly classNames: Readonly<Record<number, string>>;
}

/** Ultralytics writes names as a Python dict: `{0: 'person', 1: 'bicycle'}`. */
export function parseClassNames(text: string | undefined): Record<number, string> {
  const names: Record<number, string> = {};
  for (const match of (text ?? '').matchAll(/(\d+):\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g)) {
    names[Number(match[1])] = (match[2] ?? match[3] ?? '').replaceAll(/\\(.)/g, '$1');
  }
  return names;
}

/** The size in the metadata, for models whose height and width are symbolic. */
function metadataSize(info: ModelInfo): [number, number] | null {
  const match = /^\[(\d+),\s*(\d+)\]$/.exec(info.metadata['imgsz'] ?? '');
  return match === null ? null : [Number(match[1]), Number(match[2])];
}

/** @throws {DetectorError} `model_mismatch` with the expected and the found shapes. */
export function readContract(info: ModelInfo): DetectorContract {
  const [input, output] = [info.inputs[0], info.outputs[0]];
  const mismatch = (what: string): DetectorError =>
    new DetectorError(
      'model_mismatch',
      `detector model: expected ${what} but found ${input?.type} ${JSON.stringify(input?.dims)} -> ${output?.type} ${JSON.stringify(output?.dims)}`,
    );
  if (input === undefined || output === undefined || info.inputs.length !== 1) {
    throw mismatch('one input [n, 3, h, w] and an output [n, 4 + classes, anchors]');
  }
  if (input.type !== 'float32' || input.dims.length !== 4 || input.dims[1] !== 3) {
    throw mismatch('a float32 input [n, 3, h, w]');
  }
  const size = metadataSize(info);
  const height = typeof input.dims[2] === 'number' ? input.dims[2] : (size?.[0] ?? 640);
  const width = typeof input.dims[3] === 'number' ? input.dims[3] : (size?.[1] ?? 640);
  const rows = output.dims[1];
  if (output.type !== 'float32' || output.dims.length !== 3 || (typeof rows === 'number' && rows < 5)) {
    throw mismatch('a float32 output [n, 4 + classes, anchors]');
  }
  const batch = input.dims[0];
  return {
    input: input.name,
    output: output.name,
    inputWidth: width,
    inputHeight: height,
    batchSize: typeof batch === 'number' && batch > 0 ? batch : null,
    classNames: parseClassNames(info.metadata['names']),
  };
}
