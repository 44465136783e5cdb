import { companionsOf } from '../engine/companions.ts';
import type { FailedStep, LoadStep, ModelFormat } from '../types.ts';

/** Files of a model, and the providers that each may run on, in the order in which they are tried. */
export interface StepPlan {
  readonly steps: readonly LoadStep[];
  /** Steps that cannot be tried as the providers are configured. */
  readonly impossible: readonly FailedStep[];
  /** The full precision `.onnx`, whether or not it is there. */
  readonly onnxPath: string;
}

/**
 * For `yolo.engine`: the engine on TensorRT, then `yolo.fp16.onnx`, where there is one, on the GPU providers, then
 * `yolo.onnx` on all. Any other path is a model of its own, on all providers.
 *
 * @param providers In the order of preference.
 */
export async function planSteps(path: string, providers: readonly string[]): Promise<StepPlan> {
  const on = (format: ModelFormat, file: string, names: readonly string[]): LoadStep[] =>
    names.map((provider) => ({ format, path: file, provider }));
  if (!path.endsWith('.engine')) {
    return { steps: on('onnx', path, providers), impossible: [], onnxPath: path };
  }
  const { onnx, half } = await companionsOf(path);
  const tensorrt = providers.filter((name) => name === 'tensorrt');
  const gpus = providers.filter((name) => name !== 'cpu');
  const halfSteps = half === undefined ? [] : on('fp16.onnx', half, gpus);
  const message = `an engine runs on tensorrt, and the providers are ${providers.join(', ')}`;
  const impossible: FailedStep[] = on('engine', path, ['tensorrt']).map((step) => ({
    ...step,
    reason: 'provider_not_configured',
    message,
  }));
  return {
    steps: [...on('engine', path, tensorrt), ...halfSteps, ...on('onnx', onnx, providers)],
    impossible: tensorrt.length > 0 ? [] : impossible,
    onnxPath: onnx,
  };
}

/** `engine@tensorrt` and the like: how steps are named in logs and metrics. */
export function nameOfStep({ format, provider }: Pick<LoadStep, 'format' | 'provider'>): string {
  return `${format}@${provider}`;
}

/** All steps that failed, in one line. */
export function describeSteps(steps: readonly FailedStep[]): string {
  return steps.map((step) => `${nameOfStep(step)}: ${step.reason} (${step.message})`).join('; ');
}
