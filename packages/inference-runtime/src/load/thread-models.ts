import { defined } from '@trinetra/contracts';
import { type GpuInfo, readGpus } from '../engine/gpus.ts';
import { InferenceError } from '../errors.ts';
import {
  type InferenceRuntimeValues,
  type LoadModelOptions,
  parseInferenceRuntimeOptions,
} from '../options.ts';
import { LoadedModel, loadSession } from '../thread/loaded-model.ts';
import type { SessionRequest } from '../thread/messages.ts';
import type { ThreadClient } from '../thread/thread-client.ts';
import { ThreadSupervisor } from '../thread/thread-supervisor.ts';
import type { LoadFailure, ModelInfo } from '../types.ts';
import { type ChainResult, fallbackOf, loadChain, type OpenedModel } from './load-chain.ts';
import { measureStem } from './measure-stem.ts';
import { checkProvider, type ProviderCheck } from './provider-check.ts';

/** Times `runTimeoutMs` that loading a model and its first run may take. */
const coldFactor = 6;

/** Reasons that are of the machine and of no fault. */
const absent: readonly LoadFailure[] = ['provider_missing', 'gpu_missing'];

/** What tests replace of the machine: the thread's code, and what is known of providers and GPUs. */
export interface RuntimeSeams {
  readonly threadFile: URL;
  readonly checkProvider: ProviderCheck;
  readonly readGpus: () => Promise<readonly GpuInfo[]>;
}

/** This machine as it is. */
export const thisMachine: Omit<RuntimeSeams, 'threadFile'> = { checkProvider, readGpus };

/** One inference thread and the models that it holds. */
export class ThreadModels {
  readonly #options: InferenceRuntimeValues;
  readonly #seams: RuntimeSeams;
  readonly #threads: ThreadSupervisor;
  #nextModel = 0;
  #closed = false;

  /** @param onUp Is called where its thread is back. */
  constructor(options: InferenceRuntimeValues, seams: RuntimeSeams, onUp: () => void) {
    this.#options = options;
    this.#seams = seams;
    const { runTimeoutMs, lateTimeoutMs, abandonedTimeoutMs } = options;
    this.#threads = new ThreadSupervisor({
      ...options,
      threadFile: seams.threadFile,
      limits: {
        runMs: runTimeoutMs,
        coldMs: coldFactor * runTimeoutMs,
        lateMs: lateTimeoutMs,
        abandonedMs: abandonedTimeoutMs,
      },
      onUp,
    });
  }

  /** Its thread, where it loads or runs a model, and those before it that were given up and have not ended yet. */
  get busyThreads(): number {
    return this.#threads.busy;
  }

  /** Whether its thread is there, and not late. */
  get up(): boolean {
    return this.#threads.client !== undefined;
  }

  #assertOpen(): void {
    if (this.#closed) throw new InferenceError('closed', 'the inference runtime is closed');
  }

  async #thread(): Promise<ThreadClient> {
    return this.#threads.client ?? (await this.#threads.acquire());
  }

  async #open(request: SessionRequest): Promise<OpenedModel> {
    this.#assertOpen();
    const client = await this.#thread();
    return { client, request, session: await loadSession(client, request) };
  }

  #model(info: ModelInfo, { request, client }: OpenedModel): LoadedModel {
    const onLost = (error: InferenceError): void => this.#options.onDeviceLost?.(error);
    return new LoadedModel({ info, request, client, threads: this.#threads, onLost });
  }

  #number(): number {
    this.#nextModel += 1;
    return this.#nextModel - 1;
  }

  /** As `loadModel` of the runtime. */
  async loadModel(
    path: string,
    { profile = false, byteInput, ...options }: Omit<LoadModelOptions, 'priority'>,
  ): Promise<LoadedModel> {
    const values = parseInferenceRuntimeOptions({ ...this.#options, ...options });
    const { intraOpThreads, cpuNiceness, deviceId } = values;
    this.#assertOpen();
    const model = this.#number();
    const result = await loadChain(path, {
      ...values,
      ...this.#seams,
      cacheFolder: values.engineCacheFolder,
      measure: async (stem, image) => measureStem(await this.#thread(), this.#number(), stem, image),
      open: ({ provider }, prepared) =>
        this.#open({
          model,
          source: prepared.source,
          sha256: prepared.sha256,
          provider,
          deviceId,
          intraOpThreads,
          cpuNiceness,
          byteInput: typeof byteInput === 'function' ? byteInput(prepared) : byteInput,
          profile: profile && provider !== 'cpu',
        }),
    });
    const info = infoOf(path, result);
    this.#tell(info);
    return this.#model(info, result.opened);
  }

  /** A machine without a GPU that was asked for a plain `.onnx` is no cause for a warning. */
  #tell({ requestedPath, path, fallback }: ModelInfo): void {
    if (fallback === undefined) return;
    const { from, to, reason, steps } = fallback;
    const expected = steps.every((step) => step.format === 'onnx' && absent.includes(step.reason));
    const fields = { requestedPath, path, from, to, reason };
    const { logger } = this.#options;
    if (expected) logger.info(fields, 'the model runs without a GPU provider');
    else logger.warn(fields, 'the model runs on a fallback');
  }

  /** Loads what another thread has loaded: the same file on the same provider. */
  async adopt({ info, request }: LoadedModel): Promise<LoadedModel> {
    return this.#model(info, await this.#open({ ...request, model: this.#number(), profile: false }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#threads.close();
  }
}

function infoOf(requestedPath: string, result: ChainResult): ModelInfo {
  const { step, prepared, opened } = result;
  const { source: _, ...described } = prepared;
  return defined({
    requestedPath,
    path: step.path,
    provider: step.provider,
    ...described,
    inputs: opened.session.inputs,
    byteInput: opened.session.byteInput,
    fallback: fallbackOf(result),
  });
}
