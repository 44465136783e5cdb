import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { cosineSimilarity } from '@trinetra/contracts';
import { createFrameDecoder } from '@trinetra/frame-decoder';
import { hasShared, photo, sharedFolder } from '@trinetra/test-support';
import { describe, expect, it } from 'vitest';
import { type AnalyseOptions, createPersonPipeline, loadModels, type PersonPipeline } from '../src/index.ts';

type Sharp = (bytes: Buffer) => {
  metadata(): Promise<{ width: number; height: number }>;
  resize(width: number, height: number, options: { fit: 'fill' }): ReturnType<Sharp>;
  jpeg(options: { quality: number }): { toBuffer(): Promise<Buffer> };
};
const sharp = createRequire(new URL('../../frame-decoder/package.json', import.meta.url))('sharp') as Sharp;
const model = (name: string): string => fileURLToPath(new URL(`models/${name}.onnx`, sharedFolder));

/** The embedding of the most confident person. */
async function embeddingOf(
  pipeline: PersonPipeline,
  bytes: Buffer,
  options?: AnalyseOptions,
): Promise<Float32Array> {
  const result = await pipeline.analyse(bytes, options);
  const embedding = result.ok ? result.value.persons[0]?.embedding : undefined;
  if (!embedding?.ok) throw new Error('no face was embedded');
  return embedding.value;
}

/** Why the space names decoding, and no squash: README of contracts. */
describe.runIf(hasShared)('the same face', () => {
  it('moves by fast decoding, and by a squash only if nobody tells of it', async () => {
    const models = await loadModels({
      detectorPath: model('yolov8n'),
      facePath: model('yunet'),
      embedderPath: model('edgeface_xs'),
    });
    const { inputSizes, tensorType } = models.detector;
    const decoder = await createFrameDecoder({ inputSizes, tensorType, jpegAccuracy: 'fast' });
    const exact = createPersonPipeline(models);
    const fast = createPersonPipeline(models, { decoder });
    const bytes = photo('office_02.jpg');
    const { width, height } = await sharp(bytes).metadata();
    const squashed = await sharp(bytes).resize(640, 640, { fit: 'fill' }).jpeg({ quality: 90 }).toBuffer();

    const face = await embeddingOf(exact, bytes);
    const cosineTo = (other: Float32Array): number => cosineSimilarity(face, other);
    expect(cosineTo(await embeddingOf(exact, bytes))).toBeGreaterThan(0.999_999);
    expect(cosineTo(await embeddingOf(fast, bytes))).toBeLessThan(0.9999);
    const told = cosineTo(await embeddingOf(exact, squashed, { aspectRatioOf: () => width / height }));
    const untold = cosineTo(await embeddingOf(exact, squashed));
    expect(told).toBeGreaterThan(0.9);
    expect(untold).toBeLessThan(told - 0.05);
    for (const one of [exact, fast, decoder, models]) await one.close();
  });
});
