import type { Embedder } from '@trinetra/embedder';
import type { FaceFinder } from '@trinetra/face-aligner';
import type { FrameDecoder } from '@trinetra/frame-decoder';
import { type FaceOfPicture, faceOfPicture } from './face-of-picture.ts';
import { tellProgress } from './tell-progress.ts';

/** Pictures whose pixels are in memory at once. */
const atOnce = 16;

/** A picture's embedding by each model, or why there is none. */
export type EmbeddedPicture =
  | {
      readonly ok: true;
      /** Unit vectors of 512 numbers, one a model. */
      readonly embeddings: readonly Float32Array[];
      readonly from: Extract<FaceOfPicture, { ok: true }>['from'];
    }
  | { readonly ok: false; readonly reason: string };

export interface EmbedStages {
  readonly decoder: FrameDecoder;
  readonly finder: FaceFinder | undefined;
  readonly embedders: readonly Embedder[];
  /** Told how far the work is. */
  readonly say: (line: string) => void;
}

/** A model that fails is the end; one that gives no direction for a face costs that face alone. */
const giveUpReasons: readonly string[] = ['zero', 'not_finite'];

/** One list a face: its embedding by each model, or null where a model gave none. */
async function embedFaces(
  faces: readonly Uint8Array[],
  embedders: readonly Embedder[],
): Promise<(readonly Float32Array[] | null)[]> {
  const byModel = await Promise.all(embedders.map((embedder) => embedder.embed(faces)));
  return faces.map((_, face) => {
    const embeddings = byModel.map((results) => {
      const result = results[face];
      if (result?.ok === true) return result.value;
      if (result === undefined || giveUpReasons.includes(result.reason)) return null;
      throw new Error(`the embedder failed (${result.reason}): ${result.message ?? 'it said nothing'}`);
    });
    return embeddings.every((embedding) => embedding !== null) ? embeddings : null;
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
    const found = faces.flatMap((face) => (face.ok ? [face.aligned] : []));
    const embeddings = found.length === 0 ? [] : await embedFaces(found, embedders);
    let at = 0;
    for (const face of faces) {
      if (!face.ok) {
        embedded.push(face);
        continue;
      }
      const own = embeddings[at] ?? null;
      at += 1;
      embedded.push(
        own === null
          ? { ok: false, reason: 'a model gave no embedding' }
          : { ok: true, embeddings: own, from: face.from },
      );
    }
    tellProgress(say, embedded.length, pictures.length, part.length);
  }
  return embedded;
}
