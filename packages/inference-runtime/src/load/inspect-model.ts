import { stat } from 'node:fs/promises';
import { companionsOf } from '../engine/companions.ts';
import { readEngineFile } from '../engine/engine-file.ts';
import { type EngineIo, engineIo } from '../engine/engine-io.ts';
import { readSidecar } from '../engine/engine-sidecar.ts';
import { describeOnnxFile, type OnnxFileInfo, readOnnxFile } from '../onnx/read-onnx-file.ts';
import type { EngineSidecar, LoadFailure, TensorInfo } from '../types.ts';
import { checkProvider } from './provider-check.ts';

/** What a model file is, without loading it. */
export interface ModelInspection {
  readonly kind: 'onnx' | 'engine' | 'ep-context';
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Of an .onnx: the files with its weights that it names, which the hash covers too. */
  readonly externalFiles?: OnnxFileInfo['externalFiles'];
  readonly precision: string;
  /** Of an engine: from the file that `ioFrom` names; null where nothing tells them. */
  readonly inputs: readonly TensorInfo[] | null;
  readonly outputs: readonly TensorInfo[] | null;
  readonly ioFrom: EngineIo['from'] | 'file' | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** Of an engine: bytes of Ultralytics' header, the version of TensorRT that built it, and what the file beside it says. */
  readonly engine?: {
    readonly headerBytes: number;
    readonly tensorrt: string | null;
    readonly sidecar: EngineSidecar;
  };
  /** What stands against each provider here; null where nothing is known to. */
  readonly providers: Readonly<
    Record<string, { readonly reason: LoadFailure; readonly message: string } | null>
  >;
}

async function providersFor(names: readonly string[]): Promise<ModelInspection['providers']> {
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await checkProvider(name)] as const)),
  );
}

function ioOrNull(read: () => EngineIo): EngineIo | null {
  try {
    return read();
  } catch {
    return null; // told as such: an inspection names what is missing, and does not fail for it
  }
}

/**
 * Says what a model file is.
 *
 * @throws {InferenceError} `model_not_found`, or `model_unusable` for a file that is neither ONNX nor an engine.
 */
export async function inspectModel(path: string): Promise<ModelInspection> {
  if (!path.endsWith('.engine')) {
    const { operators, ...info } = await readOnnxFile(path);
    const wrapped = operators.includes('EPContext');
    return {
      kind: wrapped ? 'ep-context' : 'onnx',
      path,
      bytes: (await stat(path)).size,
      ...info,
      ioFrom: 'file',
      providers: await providersFor(wrapped ? ['tensorrt'] : ['tensorrt', 'cuda', 'webgpu', 'cpu']),
    };
  }
  const engine = await readEngineFile(path);
  const sidecar = await readSidecar(path);
  const onnx = await describeOnnxFile((await companionsOf(path)).onnx).catch(() => null);
  const io = ioOrNull(() => engineIo(engine, sidecar, onnx));
  return {
    kind: 'engine',
    path,
    bytes: engine.payloadOffset + engine.payloadBytes,
    sha256: engine.sha256,
    precision: sidecar.precision ?? engine.precision,
    inputs: io?.inputs ?? null,
    outputs: io?.outputs ?? null,
    ioFrom: io?.from ?? null,
    metadata: engine.metadata,
    engine: { headerBytes: engine.payloadOffset, tensorrt: engine.tensorrt ?? null, sidecar },
    providers: await providersFor(['tensorrt']),
  };
}
