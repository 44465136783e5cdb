import { access } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { companionsOf, describeOnnxFile } from '@trinetra/inference-runtime';

/** What exporters and quantisers add to the name of a file for its precision. */
const precisionWords =
  /[._-](?:fp16|f16|float16|half|bf16|int8|uint8|i8|quint8|qint8|quant|quantized|dynamic_quantized|dynamic|qdq|q8)+$/i;

/** `yolov8n_fp16` and `yolov8n-int8-dynamic` without what tells their precision. */
function plainStem(stem: string): string {
  const shorter = stem.replace(precisionWords, '');
  return shorter === stem || shorter === '' ? stem : plainStem(shorter);
}

async function isFullPrecision(path: string): Promise<boolean> {
  const found = await access(path).then(
    () => true,
    () => false,
  );
  // Of a file without weights nothing speaks against it.
  return found && ['fp32', 'unknown'].includes((await describeOnnxFile(path)).precision);
}

/** The file in full precision that a model is compared with, or the names that it was looked for by. */
export type FullPrecision =
  | { readonly path: string }
  | { readonly path: null; readonly lookedFor: readonly string[] };

/**
 * Finds a model in full precision: itself, the `.onnx` beside an engine, or the file whose name is the same but for the words of the
 * precision: `yolov8n.onnx` for `yolov8n_fp16.onnx`.
 */
export async function fullPrecisionOf(file: string): Promise<FullPrecision> {
  const { onnx } = await companionsOf(file.replace(/\.fp16\.onnx$/, '.engine'));
  if (await isFullPrecision(onnx)) return { path: onnx };
  const stem = plainStem(basename(onnx).replace(/\.onnx$/, ''));
  const lookedFor = [`${stem}.onnx`, `${stem}_fp32.onnx`, `${stem}.fp32.onnx`].filter(
    (name) => name !== basename(onnx),
  );
  for (const name of lookedFor) {
    const path = join(dirname(onnx), name);
    if (await isFullPrecision(path).catch(() => false)) return { path };
  }
  return { path: null, lookedFor };
}
