import type { RgbImage, Xyxy } from '@trinetra/contracts';
import type { FaceResult } from '../src/aligned-face.ts';
import type { FaceAligner } from '../src/face-aligner.ts';

/** The faces of the persons of one picture. */
export async function alignOne(
  aligner: FaceAligner,
  image: RgbImage,
  persons: readonly Xyxy[],
  options?: { readonly signal?: AbortSignal },
): Promise<FaceResult[]> {
  const [faces = []] = await aligner.align([{ image, persons }], options);
  return faces;
}
