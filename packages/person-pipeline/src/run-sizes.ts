import { embedderRunSizes } from '@trinetra/embedder';
import { faceRunSizes } from '@trinetra/face-aligner';
import type { InferenceModel } from '@trinetra/inference-runtime';
import type { LoadedModels } from './load-files.ts';

/** The runs of a model: of a few sizes on GPUs; on CPUs any comes, and one is warmed up. */
interface RunPlan {
  /** Sizes that runs are padded to; undefined: none are. */
  readonly padTo: readonly number[] | undefined;
  readonly warmUp: readonly number[];
}

/** How the runs of each model are sized. */
export interface RunPlans {
  readonly detector: RunPlan & {
    /** Frames a run, at most, where the answers stand whatever shares a run. */
    readonly framesPerRun: number;
  };
  readonly face: RunPlan;
  readonly embedder: RunPlan;
}

/** Sizes the runs by where each model runs. */
export function planRuns(
  models: LoadedModels,
  sizes: {
    readonly batchSize: number;
    readonly framesPerRun: number | undefined;
    readonly facesPerRun: number;
  },
): RunPlans {
  const onGpu = (model: InferenceModel | null): boolean => model !== null && model.info.provider !== 'cpu';
  const planOf = (model: InferenceModel | null, few: readonly number[], most = 1): RunPlan =>
    onGpu(model) ? { padTo: few, warmUp: few } : { padTo: undefined, warmUp: [most] };
  const framesPerRun = sizes.framesPerRun ?? (onGpu(models.detector) ? sizes.batchSize : 1);
  return {
    detector: { ...planOf(models.detector, [sizes.batchSize], framesPerRun), framesPerRun },
    face: planOf(models.face, faceRunSizes),
    embedder: planOf(models.embedder, embedderRunSizes(sizes.facesPerRun)),
  };
}
