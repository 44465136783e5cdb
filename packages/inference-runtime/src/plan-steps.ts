import { access } from 'node:fs/promises';
import type { FailedStep, LoadStep, ModelFormat } from './load-step.ts';

/** Files of a model, and the providers that each may run on, in the order in which they are tried. */
export interface StepPlan {
  readonly steps: readonly LoadStep[];
  /** Steps that cannot be tried as the providers are configured. */
  readonly impossible: readonly FailedStep[];
  /** The full precision `.onnx`, whether or not it is there. */
  readonly onnxPath: string;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
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
  const stem = path.slice(0, -'.engine'.length);
  const onnxPath = `${stem}.onnx`;
  const half = `${stem}.fp16.onnx`;
  const engineSteps = on(
    'engine',
    path,
    providers.filter((name) => name === 'tensorrt'),
  );
  const halfSteps = (await exists(half))
    ? on(
        'fp16.onnx',
        half,
        providers.filter((name) => name !== 'cpu'),
      )
    : [];
  const impossible: FailedStep[] =
    engineSteps.length > 0
      ? []
      : [
          {
            format: 'engine',
            path,
            provider: 'tensorrt',
            reason: 'provider_not_configured',
            message: `an engine runs on tensorrt, and the providers are ${providers.join(', ')}`,
          },
        ];
  return { steps: [...engineSteps, ...halfSteps, ...on('onnx', onnxPath, providers)], impossible, onnxPath };
}
