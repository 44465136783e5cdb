import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { roleOfFile } from '@trinetra/person-pipeline';
import { type OnnxModel, onnxModel } from '@trinetra/test-support';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseModels } from './choose-models.ts';

const demo = (name: string): string =>
  fileURLToPath(new URL(`../../demo-models/models/${name}`, import.meta.url));
const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n';

/** The names, inputs and outputs of a model whose graph computes nothing of use. */
function shaped(inputs: OnnxModel['inputs'], outputs: OnnxModel['outputs']): Buffer {
  const [input] = inputs;
  const nodes = outputs.map(({ name }) => ({ op: 'Identity', inputs: [input?.name ?? ''], outputs: [name] }));
  return onnxModel({ inputs, outputs, nodes });
}
const picture = (...dims: (number | string)[]) => [{ name: 'input.1', dims }];

/** YuNet's outputs. */
function yunet(batch: number | string): Buffer {
  const outputs = [8, 16, 32].flatMap((stride) =>
    Object.entries({ cls: 1, obj: 1, bbox: 4, kps: 10 }).map(([kind, length]) => ({
      name: `${kind}_${stride}`,
      dims: [batch, 'anchors', length],
    })),
  );
  return shaped(picture(batch, 3, 'h', 'w'), outputs);
}

/** The shapes of InsightFace's buffalo_l, as its files declare them. */
const buffalo: Readonly<Record<string, Buffer>> = {
  'det_10g.onnx': shaped(
    picture(1, 3, '?', '?'),
    [1, 4, 10].flatMap((length) =>
      [12800, 3200, 800].map((rows) => ({ name: `${rows}${length}`, dims: [rows, length] })),
    ),
  ),
  'w600k_r50.onnx': shaped(picture('None', 3, 112, 112), [{ name: '683', dims: [1, 512] }]),
  '1k3d68.onnx': shaped(picture('None', 3, 192, 192), [{ name: 'fc1', dims: [1, 3309] }]),
  '2d106det.onnx': shaped(picture('None', 3, 192, 192), [{ name: 'fc1', dims: [1, 212] }]),
  'genderage.onnx': shaped(picture('None', 3, 96, 96), [{ name: 'fc1', dims: [1, 3] }]),
};

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-roles-'));
});
afterEach(() => rm(folder, { recursive: true }));
const put = (name: string, content: Uint8Array | string): Promise<void> =>
  writeFile(join(folder, name), content);
const at = (name: string): string => join(folder, name);

describe('chooseModels', () => {
  it("finds the models by what they are, InsightFace's as they come", async () => {
    for (const [name, bytes] of Object.entries(buffalo)) await put(name, bytes);
    await copyFile(demo('demo-yolov8.onnx'), at('best.onnx'));
    const { models, notes } = await chooseModels(folder);
    expect(models).toEqual({
      detector: at('best.onnx'),
      face: at('det_10g.onnx'),
      embedder: at('w600k_r50.onnx'),
    });
    expect(notes).toEqual([
      'detector: best.onnx',
      'face model: det_10g.onnx',
      'embedder: w600k_r50.onnx',
      'not used: 1k3d68.onnx: it has none of the shapes of the three models',
      'not used: 2d106det.onnx: it has none of the shapes of the three models',
      'not used: genderage.onnx: it has none of the shapes of the three models',
    ]);
  });

  it('is not misled by names', async () => {
    await copyFile(demo('demo-arcface.onnx'), at('yolov8n.onnx'));
    await copyFile(demo('demo-yolov8.onnx'), at('yunet.onnx'));
    await copyFile(demo('demo-yunet.onnx'), at('arcface.onnx'));
    expect((await chooseModels(folder)).models).toEqual({
      embedder: at('yolov8n.onnx'),
      detector: at('yunet.onnx'),
      face: at('arcface.onnx'),
    });
  });

  it('takes the first by name, a face model whose batch is open before others, half precision last, and says so', async () => {
    for (const name of ['b.onnx', 'a.fp16.onnx', 'c.onnx'])
      await copyFile(demo('demo-yolov8.onnx'), at(name));
    await copyFile(demo('demo-arcface.onnx'), at('e.onnx'));
    await put('f1.onnx', yunet(1));
    await put('f2.onnx', yunet('n'));
    const { models, notes } = await chooseModels(folder);
    expect(models).toEqual({ detector: at('b.onnx'), face: at('f2.onnx'), embedder: at('e.onnx') });
    expect(notes).toEqual([
      'detector: b.onnx, not c.onnx, a.fp16.onnx',
      'face model: f2.onnx, not f1.onnx',
      'embedder: e.onnx',
    ]);
  });

  it('takes engines only where they are wanted, by the .onnx beside them, and before it', async () => {
    await copyFile(demo('demo-yolov8.onnx'), at('yolo.onnx'));
    await copyFile(demo('demo-arcface.onnx'), at('e.onnx'));
    await put('yolo.rtx3080.engine', Buffer.concat([Buffer.from('ftrt'), Buffer.alloc(60, 3)]));
    const needed = ['detector', 'embedder'] as const;
    expect((await chooseModels(folder, { needed })).models.detector).toBe(at('yolo.onnx'));
    const { models } = await chooseModels(folder, { needed, engines: true });
    expect(models).toEqual({ detector: at('yolo.rtx3080.engine'), embedder: at('e.onnx') });
    expect(await roleOfFile(at('yolo.rtx3080.engine'))).toEqual({ role: 'detector' });
  });

  it('names every model that is missing, and what is there in its place', async () => {
    await put('yolov8m.onnx', pointer);
    await copyFile(demo('demo-yunet.onnx'), at('faces.onnx'));
    await expect(chooseModels(folder)).rejects.toMatchObject({
      code: 'bad_models',
      message:
        `--models: expected a detector of persons, such as YOLOv8, in ${folder} but found none\n` +
        `--models: expected an embedder, such as ArcFace or EdgeFace, in ${folder} but found none\n` +
        `  yolov8m.onnx: the model ${at('yolov8m.onnx')} cannot be read: it is a Git LFS pointer: run \`git lfs pull\` in its folder`,
    });
  });

  it.each([
    ['nowhere', /^--models: expected a folder but .*nowhere does not exist$/],
    ['a.onnx', /^--models: expected a folder but .*a\.onnx is a file$/],
  ])('refuses what is no folder: %s', async (name, message) => {
    await put('a.onnx', pointer);
    await expect(chooseModels(at(name))).rejects.toThrow(message);
  });
});
