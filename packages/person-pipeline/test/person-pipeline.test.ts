import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFrameDecoder, type FrameDecoder } from '@trinetra/frame-decoder';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createPersonPipeline,
  loadModels,
  type Models,
  type PersonPipeline,
  type PictureResult,
} from '../src/index.ts';
import { demoFiles, sceneJpeg } from './demo.ts';

let models: Models;
let pipeline: PersonPipeline;
let scene: Buffer;
let later: Buffer;
beforeAll(async () => {
  models = await loadModels(demoFiles);
  pipeline = createPersonPipeline(models);
  [scene, later] = await Promise.all([sceneJpeg(), sceneJpeg(4.4)]);
});
afterAll(async () => {
  await pipeline.close();
  await models.close();
});

/** Boxes of persons, which tell pictures apart. */
const boxesOf = (result: PictureResult | undefined): unknown =>
  result?.ok === true ? result.value.persons.map(({ bbox }) => bbox) : result?.reason;

async function decoderFor(jpegAccuracy: 'exact' | 'fast'): Promise<FrameDecoder> {
  const { inputSizes, tensorType } = models.detector;
  return createFrameDecoder({ inputSizes, tensorType, jpegAccuracy });
}

describe('analyse', () => {
  it('finds persons, faces and embeddings in one picture', async () => {
    const result = await pipeline.analyse(scene);
    if (!result.ok) throw new Error(result.message);
    const { image, persons, embeddingSpace } = result.value;
    expect(image.width).toBeGreaterThan(image.height);
    expect(persons[0]).toMatchObject({ classId: 0, face: { ok: true }, embedding: { ok: true } });
    expect(embeddingSpace).toMatch(/^[0-9a-f]{16}-fp32-rgb-centred-arcface112$/);
  });

  it('answers for each picture of a list, in its order, however many there are', async () => {
    const alone = [await pipeline.analyse(scene), await pipeline.analyse(later)].map(boxesOf);
    expect(alone[0]).not.toEqual(alone[1]);
    const list = Array.from({ length: 4 * models.batchSize + 1 }, (_, at) => (at % 2 === 0 ? scene : later));
    const results = await pipeline.analyse(list);
    expect(results.map(boxesOf)).toEqual(list.map((_, at) => alone[at % 2]));
  });

  it('tells of a bad picture in a sentence, and looks at the others', async () => {
    const torn = scene.subarray(0, scene.length / 2);
    const results = await pipeline.analyse([scene, torn, Buffer.from('no picture'), later]);
    expect(results).toMatchObject([
      { ok: true },
      { ok: false, reason: 'corrupt', message: expect.stringMatching(/ /) },
      { ok: false, reason: 'unsupported_format', message: expect.stringMatching(/ /) },
      { ok: true },
    ]);
  });

  it('tells why detection failed', async () => {
    const decoder = await createFrameDecoder({ inputSizes: [{ width: 32, height: 32 }] });
    const other = createPersonPipeline(models, { decoder });
    expect(await other.analyse(scene)).toMatchObject({
      ok: false,
      reason: 'detection_failed',
      message: expect.stringMatching(/32/),
    });
    await decoder.close();
  });

  it('has nothing to say of no pictures', async () => {
    expect(await pipeline.analyse([])).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    [
      'a path',
      'photo.jpg',
      'pictures: expected the bytes of a picture, or a list of such, but received string',
    ],
    [
      'nothing',
      undefined,
      'pictures: expected the bytes of a picture, or a list of such, but received undefined',
    ],
    ['a list with a path', ['photo.jpg'], 'pictures[0]: expected the bytes of a picture but received string'],
  ])('refuses %s in place of pictures', async (_, given, message) => {
    await expect(pipeline.analyse(given as Uint8Array)).rejects.toMatchObject({
      code: 'invalid_options',
      message: `${message}: read the file first`,
    });
  });

  it('gives up where its signal is aborted', async () => {
    await expect(pipeline.analyse([scene], { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});

describe('the embedding space', () => {
  it('names decoding that is not exact, and leaves the name of exact decoding as it was', async () => {
    const spaces: (string | null)[] = [];
    for (const accuracy of ['exact', 'fast'] as const) {
      const decoder = await decoderFor(accuracy);
      const result = await createPersonPipeline(models, { decoder }).analyse(scene);
      if (!result.ok) throw new Error(result.message);
      spaces.push(result.value.embeddingSpace);
      await decoder.close();
    }
    const { embeddingSpace } = models.embedder;
    expect(spaces).toEqual([embeddingSpace, `${embeddingSpace}-fast-decode`]);
  });

  it('names heads that are not aligned, and is null where no face is embedded', async () => {
    const { detectorPath, embedderPath } = demoFiles;
    const space = models.embedder.embeddingSpace;
    for (const [faceFallback, expected] of [
      ['head-crop', [`${space}:head-crop`, `${space}:head-crop-fast-decode`]],
      ['none', [null, null]],
    ] as const) {
      const faceless = await loadModels({ detectorPath, embedderPath, faceFallback });
      const named = (['', '-fast-decode'] as const).map((embeddingSuffix) =>
        faceless.embeddingSpaceOf({ embeddingSuffix }),
      );
      expect(named).toEqual(expected);
      await faceless.close();
    }
  });
});

describe('close', () => {
  it('waits for the pictures under way and takes no others', async () => {
    const other = createPersonPipeline(models);
    const underWay = other.analyse(scene);
    await other.close();
    expect(await underWay).toMatchObject({ ok: true });
    await expect(other.analyse(scene)).rejects.toMatchObject({ code: 'closed' });
  });

  it('leaves a decoder that it was given open', async () => {
    const decoder = await decoderFor('exact');
    const other = createPersonPipeline(models, { decoder });
    await other.analyse(scene);
    await other.close();
    expect(await decoder.decode(scene)).toMatchObject({ ok: true });
    await decoder.close();
  });

  it('is not needed for a process to end', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trinetra-open-'));
    try {
      const photo = join(folder, 'scene.jpg');
      await writeFile(photo, scene);
      const file = fileURLToPath(new URL('fixtures/left-open.ts', import.meta.url));
      const conditions = process.execArgv.filter((argument) => argument.startsWith('--conditions='));
      const { detectorPath, facePath, embedderPath } = demoFiles;
      const args = [...conditions, file, detectorPath, facePath, embedderPath, photo];
      const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 100_000 });
      expect({ status, stdout }).toEqual({ status: 0, stdout: 'true\n' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

it('loadModels names every option that is missing or wrong', async () => {
  const given = { detectorPath: '', batchSize: 0, treshold: 1 };
  await expect(loadModels(given as never)).rejects.toMatchObject({
    code: 'invalid_options',
    message: expect.stringMatching(/detectorPath: .*embedderPath: .*batchSize: .*treshold/),
  });
});
