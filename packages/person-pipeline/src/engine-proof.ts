import { type Logger, TrinetraError } from '@trinetra/contracts';
import {
  type CompareOutput,
  companionsOf,
  createInferenceRuntime,
  type GoldenCase,
  type InferenceModel,
  makeGolden,
  type PictureOptions,
  prove,
  readGolden,
  readOnnxFile,
} from '@trinetra/inference-runtime';
import type { EngineObserver } from './observer.ts';

/** A model that has to prove itself. */
export interface ProvenModel {
  readonly model: InferenceModel;
  readonly picture: PictureOptions;
  /** Pictures a run: a size that is in use. */
  readonly batch: number;
  readonly compare?: CompareOutput;
}

export interface EngineProofOptions {
  readonly models: Readonly<Record<string, ProvenModel>>;
  readonly intervalMs: number;
  readonly observer: Pick<EngineObserver, 'engineProven'>;
  readonly logger: Logger;
}

/** Runs pictures whose answers are known on the live sessions. */
export interface EngineProof extends AsyncDisposable {
  /** Now; false where a model does not agree or fails. */
  prove(): Promise<boolean>;
  /** Again and again from now on. */
  start(): void;
  check(): { ok: boolean; detail?: unknown };
}

/** Runs the model of full precision on a CPU, in a thread that ends with it. */
async function referenceRun(path: string, picture: PictureOptions): Promise<GoldenCase> {
  const runtime = await createInferenceRuntime({ runTimeoutMs: 60_000 });
  try {
    return await makeGolden(await runtime.loadModel(path), picture);
  } finally {
    await runtime.close();
  }
}

/**
 * What a model should give: from `NAME.golden.safetensors` beside it (`trinetra-models golden`), where that is of this
 * model, else from a run of its `.onnx` in full precision on the CPU, else from its own first run.
 */
async function goldenOf(name: string, { model, picture }: ProvenModel, logger: Logger): Promise<GoldenCase> {
  const { requestedPath, path, provider } = model.info;
  const { onnx, golden: file } = await companionsOf(requestedPath);
  const full = await readOnnxFile(onnx).catch(() => null);
  const stored = await readGolden(file);
  if (stored !== null && (full === null || stored.sha256 === full.sha256)) return stored;
  if (stored !== null)
    logger.warn({ model: name, file }, 'the golden tensors are of another model: not used');
  if (path === onnx && provider === 'cpu') return makeGolden(model, picture);
  if (full !== null) return referenceRun(onnx, picture);
  logger.warn(
    { model: name, file, onnx },
    'nothing tells what the model should give: only changes are noticed',
  );
  return makeGolden(model, picture);
}

/** Finds out what each model should give. */
export async function createEngineProof(options: EngineProofOptions): Promise<EngineProof> {
  const { models, intervalMs, observer, logger } = options;
  const golden = new Map<string, GoldenCase>();
  for (const [name, one] of Object.entries(models)) golden.set(name, await goldenOf(name, one, logger));
  const problems = new Map<string, string>(Object.keys(models).map((name) => [name, 'not proven yet']));
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<boolean> | undefined;
  let closed = false;

  async function proveOne(name: string, one: ProvenModel, expected: GoldenCase): Promise<void> {
    try {
      const { ok, cosine, problem } = await prove({ ...one, ...one.picture, golden: expected });
      observer.engineProven?.(name, ok, cosine);
      if (ok) {
        if (problems.delete(name)) logger.info({ model: name, cosine }, 'the model gives what it should');
        return;
      }
      logger.error({ model: name, cosine, problem }, 'the model does not give what it should');
      problems.set(name, problem);
    } catch (error) {
      if (closed) return;
      // A run that was displaced, hung or found no memory says nothing of the answers: who counts failed runs judges that.
      if (TrinetraError.isInstance(error) && error.retryable && !problems.has(name)) {
        logger.warn({ model: name, err: error }, 'the model could not be proven this time');
        return;
      }
      observer.engineProven?.(name, false, Number.NaN);
      logger.error({ model: name, err: error }, 'the model fails on a picture whose answer is known');
      problems.set(name, TrinetraError.isInstance(error) ? error.code : String(error));
    }
  }

  async function proveAll(): Promise<boolean> {
    for (const [name, one] of Object.entries(models)) {
      const expected = golden.get(name);
      if (expected !== undefined && !closed) await proveOne(name, one, expected);
    }
    return problems.size === 0;
  }

  const proveNow = (): Promise<boolean> => {
    current ??= proveAll().finally(() => {
      current = undefined;
    });
    return current;
  };
  const schedule = (): void => {
    if (closed) return;
    timer = setTimeout(() => void proveNow().finally(schedule), intervalMs).unref();
  };
  return {
    prove: proveNow,
    start: schedule,
    check: () => (problems.size === 0 ? { ok: true } : { ok: false, detail: Object.fromEntries(problems) }),
    [Symbol.asyncDispose]: async () => {
      closed = true;
      clearTimeout(timer);
      await current;
    },
  };
}
