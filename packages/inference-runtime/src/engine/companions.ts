import { isThere } from '../onnx/model-file.ts';

/** The files that belong to a model, by its path. */
export interface Companions {
  /** Full precision: the path itself where it is no engine. */
  readonly onnx: string;
  /** Half precision beside an engine; undefined where there is none. */
  readonly half: string | undefined;
  /** Golden tensors, whether or not they are there. */
  readonly golden: string;
}

/** `yolo.rtx3080` and `yolo`: engines carry the GPU that they were built on in their names, the others do not. */
function stemsOf(path: string): readonly [string, ...string[]] {
  const stem = path.slice(0, -'.engine'.length);
  const untagged = stem.replace(/\.[^./\\]+$/, '');
  return untagged === stem ? [stem] : [stem, untagged];
}

/**
 * For `yolo.engine`: `yolo.onnx`, `yolo.fp16.onnx` and `yolo.golden.safetensors`; for `yolo.rtx3080.engine` these, where
 * there are none with the tag of the GPU in their names.
 */
export async function companionsOf(path: string): Promise<Companions> {
  if (!path.endsWith('.engine')) {
    return { onnx: path, half: undefined, golden: path.replace(/(?:\.onnx)?$/, '.golden.safetensors') };
  }
  const stems = stemsOf(path);
  const first = async (extension: string): Promise<string | undefined> => {
    for (const stem of stems) if (await isThere(stem + extension)) return stem + extension;
    return undefined;
  };
  const onnx = (await first('.onnx')) ?? `${stems[0]}.onnx`;
  return {
    onnx,
    half: await first('.fp16.onnx'),
    golden: (await first('.golden.safetensors')) ?? onnx.replace(/\.onnx$/, '.golden.safetensors'),
  };
}
