import type { Result } from '@trinetra/contracts';
import type { Embedder } from '@trinetra/embedder';
import type { FaceFinder } from '@trinetra/face-aligner';
import type { FrameDecoder } from '@trinetra/frame-decoder';
import { type AlignedFace, faceOfPicture } from './face-of-picture.ts';
import { tellProgress } from './tell-progress.ts';

/** Pictures whose pixels are in memory at once. */
const atOnce = 16;

/** A picture's embedding by each model, or why there is none. */
export type EmbeddedPicture = Result<{
  /** Unit vectors of 512 numbers, one a model. */
  readonly embeddings: readonly Float32Array[];
  readonly from: AlignedFace['from'];
}>;

export interface EmbedStages {
  readonly decoder: FrameDecoder;
  readonly finder: FaceFinder | undefined;
  readonly embedders: readonly Embedder[];
  /** Told how far the work is. */
  readonly say: (line: string) => void;
}

/** A model that fails is the end; one that gives no direction for a face costs that face alone. */
const giveUpReasons: readonly string[] = ['zero', 'not_finite'];

async function embedFaces(
  faces: readonly AlignedFace[],
  embedders: readonly Embedder[],
): Promise<EmbeddedPicture[]> {
  if (faces.length === 0) return [];
  const byModel = await Promise.all(
    embedders.map((embedder) => embedder.embed(faces.map(({ aligned }) => aligned))),
  );
  return faces.map(({ from }, face) => {
    const embeddings = byModel.map((results) => {
      const result = results[face];
      if (result?.ok === true) return result.value;
      if (result === undefined || giveUpReasons.includes(result.reason)) return null;
      throw new Error(`the embedder failed (${result.reason}): ${result.message ?? 'it said nothing'}`);
    });
    return embeddings.every((embedding) => embedding !== null)
      ? { ok: true, value: { embeddings, from } }
      : { ok: false, reason: 'a model gave no embedding' };
  });
}

/** Decodes, aligns and embeds pictures, {@link atOnce} at a time. One entry a picture, in order. */
export async function embedPictures(
  pictures: readonly string[],
  { decoder, finder, embedders, say }: EmbedStages,
): Promise<EmbeddedPicture[]> {
  const embedded: EmbeddedPicture[] = [];
  for (let next = 0; next < pictures.length; next += atOnce) {
    const part = pictures.slice(next, next + atOnce);
    const faces = await Promise.all(part.map((picture) => faceOfPicture(picture, decoder, finder)));
    const found = faces.flatMap((face) => (face.ok ? face.value : []));
    const results = (await embedFaces(found, embedders)).values();
    embedded.push(...faces.flatMap((face) => (face.ok ? (results.next().value ?? []) : face)));
    tellProgress(say, embedded.length, pictures.length, part.length);
  }
  return embedded;
}
