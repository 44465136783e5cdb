/** Why a step of loading a model failed; a closed list, used as a label of metrics. */
export type LoadFailure =
  | 'file_missing'
  | 'file_unreadable'
  | 'header_unreadable'
  | 'io_unknown'
  | 'other_gpu'
  | 'engine_refused'
  | 'provider_not_configured'
  | 'provider_missing'
  | 'gpu_missing'
  | 'driver_too_old'
  | 'out_of_memory'
  | 'engine_crashed'
  | 'timeout'
  | 'device_lost'
  | 'load_failed';

/** The kinds of files that a model may have. */
export type ModelFormat = 'engine' | 'fp16.onnx' | 'onnx';

/** A file on a provider. */
export interface LoadStep {
  readonly format: ModelFormat;
  readonly path: string;
  readonly provider: string;
}

/** A step that failed, and why. */
export interface FailedStep extends LoadStep {
  readonly reason: LoadFailure;
  /** One line. */
  readonly message: string;
}

/** `engine@tensorrt` and the like: how steps are named in logs and metrics. */
export function nameOfStep({ format, provider }: Pick<LoadStep, 'format' | 'provider'>): string {
  return `${format}@${provider}`;
}

/** All steps that failed, in one line. */
export function describeSteps(steps: readonly FailedStep[]): string {
  return steps.map((step) => `${nameOfStep(step)}: ${step.reason} (${step.message})`).join('; ');
}
