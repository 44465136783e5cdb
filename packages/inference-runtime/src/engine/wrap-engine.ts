import { createReadStream, createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { unusable } from '../onnx/model-file.ts';
import { describeOnnxFile } from '../onnx/read-onnx-file.ts';
import { writeWhole } from '../write-whole.ts';
import { companionsOf } from './companions.ts';
import { readEngineFile } from './engine-file.ts';
import { type EngineIo, engineIo } from './engine-io.ts';
import { readSidecar } from './engine-sidecar.ts';
import { embeddingEpContext, referencingEpContext } from './ep-context.ts';

export interface WrapOptions {
  /** Whether the engine is written into the model, or beside it as `OUTPUT.plan`; default true, up to 2 GiB. */
  readonly embed?: boolean;
}

async function* withHead(head: Uint8Array, path: string, start: number): AsyncGenerator<Uint8Array> {
  yield head;
  yield* createReadStream(path, { start });
}

/**
 * Writes an ONNX model around a TensorRT engine, which ONNX Runtime runs with its TensorRT provider. The engine is not held
 * in memory.
 *
 * @returns Its inputs and outputs, and where they are from.
 * @throws {InferenceError} `model_not_found`, or `model_unusable` for an engine that is cut, damaged or tells too little.
 */
export async function wrapEngine(
  path: string,
  output: string,
  { embed = true }: WrapOptions = {},
): Promise<EngineIo> {
  const engine = await readEngineFile(path);
  const sidecar = await readSidecar(path);
  const { onnx } = await companionsOf(path);
  if (resolve(onnx) === resolve(output)) {
    const message = `${output} is where the model of full precision belongs, for machines without this GPU: write to another name`;
    throw unusable(message);
  }
  const beside = await describeOnnxFile(onnx).catch(() => null);
  const io = engineIo(engine, sidecar, beside);
  const options = {
    ...io,
    metadata: engine.metadata,
    hardwareArchitecture: sidecar.computeCapability?.replace('.', ''),
  };
  const start = engine.payloadOffset;
  await writeWhole(output, async (temporary) => {
    if (embed) {
      const head = embeddingEpContext(options, engine.payloadBytes);
      await pipeline(withHead(head, path, start), createWriteStream(temporary));
    } else {
      const name = `${basename(output).replace(/\.onnx$/, '')}.plan`;
      await pipeline(createReadStream(path, { start }), createWriteStream(join(dirname(output), name)));
      await writeFile(temporary, referencingEpContext(options, name));
    }
  });
  return io;
}
