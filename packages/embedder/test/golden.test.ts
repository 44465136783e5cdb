import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInferenceRuntime, type InferenceRuntime } from '@trinetra/inference-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmbedder, type Embedder } from '../src/embedder.ts';

/** As much of sharp as is used here; it is a dependency of the package beside this one. */
type Sharp = (file: string) => { removeAlpha(): { raw(): { toBuffer(): Promise<Uint8Array> } } };

interface GoldenFace {
  /** A 112x112 PNG. */
  readonly aligned: string;
  readonly embedding: readonly number[];
}

const shared = new URL('../../../../shared/', import.meta.url);
const path = (name: string): string => new URL(name, shared).pathname;

function goldenFaces(): GoldenFace[] {
  const files = readdirSync(path('golden')).filter((file) => file.endsWith('.json'));
  return files.flatMap((file) => {
    const golden = JSON.parse(readFileSync(path(`golden/${file}`), 'utf8')) as {
      persons: { face: GoldenFace | null }[];
    };
    return golden.persons.flatMap(({ face }) => face ?? []);
  });
}

const cosine = (a: Float32Array, b: readonly number[]): number => {
  const length = Math.hypot(...a) * Math.hypot(...b);
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0) / length;
};

describe.skipIf(!existsSync(shared))('the golden faces (needs ../shared)', () => {
  let runtime: InferenceRuntime;
  let embedder: Embedder;
  let golden: GoldenFace[];
  let faces: Uint8Array[];
  beforeAll(async () => {
    runtime = await createInferenceRuntime({ intraOpThreads: 2 });
    embedder = createEmbedder({ model: await runtime.loadModel(path('models/edgeface_xs.onnx')) });
    golden = goldenFaces();
    const sharp = createRequire(new URL('../../frame-decoder/package.json', import.meta.url))(
      'sharp',
    ) as Sharp;
    faces = await Promise.all(
      golden.map(({ aligned }) =>
        sharp(path(`golden/${aligned}`))
          .removeAlpha()
          .raw()
          .toBuffer(),
      ),
    );
  });
  afterAll(() => runtime.close());

  it('have embeddings of length 1 with a cosine of 0.9999 or more to the reference, in runs of 16', async () => {
    expect(faces.length).toBeGreaterThan(16);
    const results = await embedder.embed(faces);
    expect(results).toHaveLength(golden.length);
    for (const [index, result] of results.entries()) {
      if (!result.ok) throw new Error(`${golden[index]?.aligned}: ${result.reason}`);
      const length = Math.sqrt(result.value.reduce((sum, value) => sum + value * value, 0));
      expect(Math.abs(length - 1)).toBeLessThan(1e-6);
      expect(cosine(result.value, golden[index]?.embedding ?? [])).toBeGreaterThanOrEqual(0.9999);
    }
  });

  it('have the same embeddings one by one', async () => {
    for (const [index, face] of faces.slice(0, 5).entries()) {
      const [result] = await embedder.embed([face]);
      if (!result?.ok) throw new Error('expected an embedding');
      expect(cosine(result.value, golden[index]?.embedding ?? [])).toBeGreaterThanOrEqual(0.9999);
    }
  });
});
