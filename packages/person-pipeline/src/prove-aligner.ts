import type { Logger } from '@trinetra/contracts';
import {
  createFaceAligner,
  type FaceAligner,
  type FaceAlignerOptions,
  faceSamplePicture,
} from '@trinetra/face-aligner';
import { itemsPerRun } from './shared-runs.ts';

/** The aligner, with one crop a run where the model needs that. */
export async function proveAligner(options: FaceAlignerOptions, logger: Logger): Promise<FaceAligner> {
  const aligner = createFaceAligner(options);
  const { model } = options;
  if (model === null) return aligner;
  const picture = faceSamplePicture(model.info);
  const most = aligner.cropsPerRun;
  const crops = await itemsPerRun({ name: 'face', model, picture, most, logger });
  return crops === most
    ? aligner
    : createFaceAligner({ ...options, maxCropsPerRun: crops, runSizes: undefined });
}
