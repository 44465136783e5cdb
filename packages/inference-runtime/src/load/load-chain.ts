import { InferenceError, type InferenceErrorCode } from '../errors.ts';
import type { LoadedSession, SessionRequest } from '../thread/messages.ts';
import type { ThreadClient } from '../thread/thread-client.ts';
import type { FailedStep, LoadStep, ModelFallback } from '../types.ts';
import { classifyFailure } from './classify-failure.ts';
import { describeSteps, nameOfStep, planSteps } from './plan-steps.ts';
import { type PrepareContext, type PreparedModel, prepareModel, Unfit } from './prepare-model.ts';
import type { ProviderCheck } from './provider-check.ts';

export interface LoadChainOptions extends PrepareContext {
  /** In the order of preference. */
  readonly executionProviders: readonly string[];
  /** The only provider that will do; default: any. */
  readonly requireProvider?: string | undefined;
  readonly checkProvider: ProviderCheck;
  readonly open: (step: LoadStep, prepared: PreparedModel) => Promise<OpenedModel>;
}

/** A session, what it was made of, and the thread that has it. */
export interface OpenedModel {
  readonly session: LoadedSession;
  readonly request: SessionRequest;
  readonly client: ThreadClient;
}

/** The step that loaded, with those before it that did not. */
export interface ChainResult {
  readonly step: LoadStep;
  readonly prepared: PreparedModel;
  readonly opened: OpenedModel;
  readonly failed: readonly FailedStep[];
}

/** Errors that are of the runtime and not of a step. */
const ofTheRuntime: readonly string[] = ['closed', 'engine_restarting'];

const failureOf = (step: LoadStep, error: unknown): FailedStep =>
  error instanceof Unfit
    ? { ...step, reason: error.reason, message: error.message.replace(/\s+/g, ' ') }
    : { ...step, ...classifyFailure(error) };

/** Reasons that lie in the files and the configuration: the same files fail again. */
const ofTheFiles: readonly string[] = [
  'file_missing',
  'file_unreadable',
  'header_unreadable',
  'io_unknown',
  'provider_not_configured',
];

/** The code of the error where nothing loaded: memory and files that are missing or no good are told apart from the rest. */
function codeOf(failed: readonly FailedStep[]): InferenceErrorCode {
  const reasons = failed.map(({ reason }) => reason);
  if (reasons.every((reason) => ['file_missing', 'provider_not_configured'].includes(reason))) {
    return 'model_not_found';
  }
  if (reasons.every((reason) => ofTheFiles.includes(reason))) return 'model_unusable';
  return reasons.at(-1) === 'out_of_memory' ? 'out_of_memory' : 'model_load_failed';
}

/**
 * Tries the files of a model on the providers until one loads.
 *
 * @throws {InferenceError} `model_not_found`, `model_unusable`, `model_load_failed` or `out_of_memory`, with every step that was tried;
 * `closed` or `engine_restarting`.
 */
export async function loadChain(path: string, options: LoadChainOptions): Promise<ChainResult> {
  const { requireProvider, executionProviders } = options;
  const plan = await planSteps(path, executionProviders);
  const steps = plan.steps.filter(
    ({ provider }) => requireProvider === undefined || provider === requireProvider,
  );
  const failed: FailedStep[] = [...plan.impossible];
  /** Each file is read once, whatever the number of providers that it is tried on. */
  const files = new Map<string, PreparedModel>();
  const hopeless = new Set<string>();
  for (const step of steps) {
    if (hopeless.has(step.path)) continue;
    let prepared = files.get(step.path);
    try {
      prepared ??= await prepareModel(step.format, step.path, plan.onnxPath, options);
      files.set(step.path, prepared);
    } catch (error) {
      hopeless.add(step.path); // on every provider
      failed.push(failureOf(step, error));
      continue;
    }
    try {
      const problem = await options.checkProvider(step.provider);
      if (problem !== null) throw new Unfit(problem.reason, problem.message);
      return { step, prepared, opened: await options.open(step, prepared), failed };
    } catch (error) {
      if (InferenceError.isInstance(error) && ofTheRuntime.includes(error.code)) throw error;
      failed.push(failureOf(step, error));
    }
  }
  const wanted = requireProvider === undefined ? '' : ` on ${requireProvider}, which is required`;
  const code = codeOf(failed);
  throw new InferenceError(
    code,
    `the model ${path} cannot be loaded${wanted}: ${describeSteps(failed) || 'no provider is left to try'}`,
    { retryable: code === 'out_of_memory' },
  );
}

/** One line for all the steps that failed; undefined where the first one loaded. */
export function fallbackOf({ step, failed }: ChainResult): ModelFallback | undefined {
  const [first] = failed;
  if (first === undefined) return undefined;
  return { from: nameOfStep(first), to: nameOfStep(step), reason: describeSteps(failed), steps: failed };
}
