import { errorText, type Logger } from '@trinetra/contracts';
import { cacheEngine } from '../engine/engine-cache.ts';
import { type EngineFileInfo, readEngineFile } from '../engine/engine-file.ts';
import { engineIo } from '../engine/engine-io.ts';
import { readSidecar } from '../engine/engine-sidecar.ts';
import { type EpContextOptions, embeddingEpContext } from '../engine/ep-context.ts';
import { type GpuInfo, gpuOfDevice } from '../engine/gpus.ts';
import { InferenceError } from '../errors.ts';
import { type ImageInput, readImageInput } from '../onnx/image-input.ts';
import { type InputStem, readInputStem } from '../onnx/input-stem.ts';
import type { ParsedOnnx } from '../onnx/onnx-file.ts';
import { describeOnnxFile, readOnnxFile } from '../onnx/read-onnx-file.ts';
import type { ModelSource } from '../thread/messages.ts';
import type { EngineSidecar, LoadFailure, ModelDescription, ModelFormat, PixelMap } from '../types.ts';

/** A file that is ready to be loaded. */
export interface PreparedModel extends ModelDescription {
  readonly source: ModelSource;
  readonly sha256: string;
  readonly precision: string;
}

/** Why a file is not worth a try. */
export class Unfit extends Error {
  readonly reason: LoadFailure;

  constructor(reason: LoadFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

export interface PrepareContext {
  readonly cacheFolder: string | undefined;
  readonly deviceId: number;
  readonly logger: Logger;
  readonly readGpus: () => Promise<readonly GpuInfo[]>;
  /** Runs what stands before the first layer of a graph. */
  readonly measure: (stem: InputStem, image: ImageInput) => Promise<PixelMap>;
}

/** Names the failure: that a file is missing or that the machine fails to read it is told apart from a file that is no good. */
function reasonOf(error: unknown, reason: LoadFailure): LoadFailure {
  if (!InferenceError.isInstance(error)) return reason;
  if (error.code === 'model_not_found') return 'file_missing';
  return error.code === 'model_load_failed' ? 'load_failed' : reason;
}

/** Runs `read`, and says its failure as the given one where the file is there. */
async function orUnfit<T>(reason: LoadFailure, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const message = errorText(cause);
    throw new Unfit(reasonOf(cause, reason), message, { cause });
  }
}

/** Compute capability as a number, `8.6` as 86; `8.0+` runs on everything from there. */
function runsOn(engine: string, gpu: string): boolean {
  const number = (text: string): number => Math.round(Number.parseFloat(text) * 10);
  return engine.endsWith('+') ? number(gpu) >= number(engine) : number(gpu) === number(engine);
}

/** Compares the file with what was written down when it was built. */
function checkSidecar(engine: EngineFileInfo, sidecar: EngineSidecar, size: number): void {
  const { bytes, sha256 } = sidecar;
  if (bytes !== undefined && bytes !== size) {
    throw new Unfit(
      'file_unreadable',
      `expected ${bytes} bytes but the file has ${size}: it is cut or another one`,
    );
  }
  if (sha256 !== undefined && sha256 !== engine.sha256) {
    throw new Unfit('file_unreadable', `expected the SHA-256 ${sha256} but the file has ${engine.sha256}`);
  }
}

async function checkGpu(sidecar: EngineSidecar, { readGpus, deviceId }: PrepareContext): Promise<void> {
  const { computeCapability, gpu } = sidecar;
  if (computeCapability === undefined && gpu === undefined) return;
  const here = gpuOfDevice(await readGpus(), deviceId);
  if (here === undefined) return; // the provider says what is missing
  const sameModel = gpu === undefined || gpu === here.name;
  const fits =
    computeCapability === undefined || here.computeCapability === undefined
      ? sameModel
      : runsOn(computeCapability, here.computeCapability);
  if (fits) return;
  const built = [gpu, computeCapability].filter((part) => part !== undefined).join(', compute ');
  throw new Unfit(
    'other_gpu',
    `built for ${built}, and GPU ${here.index} here is ${here.name}, compute ${here.computeCapability ?? 'unknown'}: build it on this GPU (trinetra-models plan)`,
  );
}

async function prepareEngine(
  path: string,
  onnxPath: string,
  context: PrepareContext,
): Promise<PreparedModel> {
  const engine = await orUnfit('header_unreadable', () => readEngineFile(path));
  const sidecar = await orUnfit('file_unreadable', () => readSidecar(path));
  checkSidecar(engine, sidecar, engine.payloadOffset + engine.payloadBytes);
  await checkGpu(sidecar, context);
  const onnx = await describeOnnxFile(onnxPath).catch(() => null); // missing or broken: its own step says which
  const io = await orUnfit('io_unknown', async () => engineIo(engine, sidecar, onnx));
  const options = { ...io, hardwareArchitecture: sidecar.computeCapability?.replace('.', '') };
  return {
    source: await sourceOf(path, engine, options, context),
    sha256: engine.sha256,
    precision: sidecar.precision ?? engine.precision,
    metadata: { ...onnx?.metadata, ...engine.metadata },
    operators: onnx?.operators ?? [],
    pixels: onnx === null ? null : await pixelsOf(onnxPath, onnx, context).catch(() => null),
    sidecar: onnx === null ? sidecar : { ...(await readSidecar(onnxPath)), ...sidecar },
    fileInputs: io.inputs,
    outputs: io.outputs,
  };
}

/** What the graph makes of its picture; null where it takes none. */
async function pixelsOf(
  path: string,
  { inputs }: ParsedOnnx,
  { measure }: PrepareContext,
): Promise<PixelMap | null> {
  const image = readImageInput(inputs[0]);
  return image === null ? null : measure(await readInputStem(path, image.name), image);
}

async function sourceOf(
  path: string,
  engine: EngineFileInfo,
  options: EpContextOptions,
  { cacheFolder, logger }: PrepareContext,
): Promise<ModelSource> {
  if (cacheFolder !== undefined) {
    try {
      return { kind: 'file', path: await cacheEngine(cacheFolder, path, engine, options) };
    } catch (error) {
      logger.info(
        { cacheFolder, err: error },
        'the engine cache cannot be used: the engine is held in memory',
      );
    }
  }
  const head = await orUnfit('file_unreadable', async () => embeddingEpContext(options, engine.payloadBytes));
  return { kind: 'embedded', head, path, offset: engine.payloadOffset, bytes: engine.payloadBytes };
}

/**
 * Reads a file of a model and makes it ready to be loaded.
 *
 * @throws {Unfit} where it need not be tried.
 */
export async function prepareModel(
  format: ModelFormat,
  path: string,
  onnxPath: string,
  context: PrepareContext,
): Promise<PreparedModel> {
  if (format === 'engine') return prepareEngine(path, onnxPath, context);
  const file = await orUnfit('file_unreadable', () => readOnnxFile(path));
  const { inputs, externalFiles: _, ...rest } = file;
  const sidecar = await orUnfit('file_unreadable', () => readSidecar(path));
  const pixels = await pixelsOf(path, file, context);
  return { source: { kind: 'file', path }, ...rest, fileInputs: inputs, pixels, sidecar };
}
