import { unusable } from '../onnx/model-file.ts';
import type { ParsedOnnx } from '../onnx/onnx-file.ts';
import type { EngineSidecar, ModelInfo } from '../types.ts';
import type { EngineFileInfo } from './engine-file.ts';

/** Inputs and outputs of an engine. */
export interface EngineIo extends Pick<ModelInfo, 'inputs' | 'outputs'> {
  /** Where they are from. */
  readonly from: 'sidecar' | 'onnx' | 'header';
}

/** Strides of the three levels of a YOLOv8 head. */
const strides = [8, 16, 32] as const;

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null; // told as text: no number, list or object
  }
}

const isSize = (value: unknown): value is number => Number.isInteger(value) && Number(value) > 0;

/** What Ultralytics' export always names its tensors: `images` and `output0`. */
function ofHeader({ metadata }: EngineFileInfo): EngineIo | null {
  const names = parsed(metadata['names']);
  const size = parsed(metadata['imgsz']);
  const [height, width] = Array.isArray(size) ? size : [];
  const classes = typeof names === 'object' && names !== null ? Object.keys(names).length : 0;
  if (metadata['task'] !== 'detect' || classes === 0 || !isSize(height) || !isSize(width)) return null;
  const args = parsed(metadata['args']);
  const inArgs = (key: string): boolean =>
    typeof args === 'object' && args !== null && Reflect.get(args, key) === true;
  const dynamic = metadata['dynamic'] === 'true' || inArgs('dynamic');
  const told = Number(metadata['batch']);
  const batch = dynamic || !isSize(told) ? 'batch' : told;
  const anchors = strides.reduce(
    (sum, stride) => sum + Math.ceil(height / stride) * Math.ceil(width / stride),
    0,
  );
  const endToEnd = metadata['end2end'] === 'true' || inArgs('nms');
  return {
    inputs: [{ name: 'images', type: 'float32', dims: [batch, 3, height, width] }],
    outputs: [
      {
        name: 'output0',
        type: 'float32',
        dims: endToEnd ? [batch, 300, 6] : [batch, 4 + classes, anchors],
      },
    ],
    from: 'header',
  };
}

/**
 * Inputs and outputs of an engine, which its plan tells to TensorRT only: from the JSON file beside it, else from the
 * `.onnx` that it was built of, else from Ultralytics' header.
 *
 * @throws {InferenceError} `model_unusable` where nothing tells them.
 */
export function engineIo(
  engine: EngineFileInfo,
  sidecar: EngineSidecar,
  onnx: Pick<ParsedOnnx, 'inputs' | 'outputs'> | null,
): EngineIo {
  const { inputs, outputs } = sidecar;
  if (inputs !== undefined && outputs !== undefined) return { inputs, outputs, from: 'sidecar' };
  if (onnx !== null) return { inputs: onnx.inputs, outputs: onnx.outputs, from: 'onnx' };
  const told = ofHeader(engine);
  if (told !== null) return told;
  throw unusable(
    "nothing tells its inputs and outputs: put the .onnx that it was built of beside it, or a .engine.json with `inputs` and `outputs`, or build it with Ultralytics' header (task, names, imgsz)",
  );
}
