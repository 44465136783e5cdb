import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createScene } from '@trinetra/camera-simulator/scene';
import { cases, type Ended, hasShared, sharedFolder } from '@trinetra/test-support';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arcface, faces, runModels, yolo } from './cli.ts';
import { besideEachOther, personPictures } from './scene-faces.ts';

let folder = '';
const at = (name: string): string => join(folder, name);

/** What it writes to stderr is without the folder of the test. */
async function accuracy(...args: string[]): Promise<Ended> {
  const result = await runModels(['accuracy', ...args]);
  return { ...result, stderr: result.stderr.replaceAll(`${folder}/`, '') };
}

/** The cells of the row of a table that begins with `label`. */
function row(stdout: string, label: string): string[] {
  const line = stdout.split('\n').find((one) => one.startsWith(`${label}  `)) ?? '';
  return line.slice(label.length).trim().split(/ {2,}/);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-accuracy-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('trinetra-models accuracy --pairs', () => {
  const people = ['Ann', 'Bob', 'Cyd', 'Dan', 'Eve', 'Fay'];
  const perPerson = 4;

  beforeAll(async () => {
    for (const [identity, name] of people.entries()) {
      await mkdir(at(`lfw/${name}`), { recursive: true });
      for (const [index, picture] of (await personPictures(identity, perPerson)).entries()) {
        await sharp(picture)
          .jpeg({ quality: 95 })
          .toFile(at(`lfw/${name}/${name}_000${index + 1}.jpg`));
      }
    }
    await copyFile(arcface, at('again.onnx'));
    const [large, small] = [at('lfw/Ann/Ann_0001.jpg'), at('lfw/Bob/Bob_0001.jpg')];
    await writeFile(at('two.png'), await besideEachOther(await readFile(large), await readFile(small)));
    const level = { create: { width: 300, height: 300, channels: 3 as const, background: '#446688' } };
    await sharp(level).png().toFile(at('nobody.png'));
    await writeFile(at('broken.jpg'), 'no picture');
  });

  /** Two folds: each person's pictures with each other, and as many pairs of neighbours in the list. */
  function lfwPairs(): string {
    const folds = [people.slice(0, 3), people.slice(3)].map((names) => {
      const same = names.flatMap((name) => [`${name}\t1\t2`, `${name}\t2\t3`, `${name}\t3\t4`]);
      const different = names.flatMap((name, index) => {
        const other = names[(index + 1) % names.length];
        return [`${name}\t1\t${other}\t1`, `${name}\t2\t${other}\t3`, `${name}\t4\t${other}\t2`];
      });
      return [...same, ...different];
    });
    return ['2\t9', ...folds.flat()].join('\n');
  }

  it('aligns the pictures of pairs.txt and tells the figures of all models, the scores and the curve', async () => {
    await writeFile(at('lfw/pairs.txt'), lfwPairs());
    const { code, stdout, stderr } = await accuracy(
      ...['--pairs', at('lfw/pairs.txt'), '--face', faces, '--providers', 'cpu'],
      ...['--json', at('report.json'), '--plot', at('roc.svg'), arcface, at('again.onnx')],
    );
    expect([code, stderr]).toEqual([0, '36 pairs of 24 pictures ...\n']);
    expect(stdout).toContain('pairs: 36 used (18 same, 18 different), 0 skipped\n');
    expect(stdout).toContain(
      'pictures: 24, of which 0 of 112x112 px were taken as aligned faces; 0 had several',
    );
    expect(row(stdout, 'model')).toEqual(['demo-arcface.onnx', 'again.onnx']);
    expect(row(stdout, 'runs on')).toEqual(['cpu, fp32', 'cpu, fp32']);
    expect(row(stdout, 'TAR at FAR 1e-2')).toEqual(Array(2).fill('n/a: too few different pairs'));
    expect(row(stdout, 'difference to demo-arcface.onnx')).toEqual(['again.onnx']);
    expect(stdout).toContain('ROC AUC                          0.00000 (0.00000 .. 0.00000)\n');
    expect(stdout).toContain('\n36 pairs cannot rule out a difference in accuracy of 8.33 points');
    const report = JSON.parse(await readFile(at('report.json'), 'utf8'));
    const [model, again] = report.models;
    expect(model.rates).toMatchObject({ rocAuc: expect.closeTo(1, 1), 'tarAtFar1e-3': null });
    expect(model.rates.rocAuc).toBeGreaterThan(0.97);
    expect(model.foldAccuracy.mean).toBeGreaterThan(0.85);
    expect(model.difference).toBeNull();
    expect(again.difference.accuracy).toEqual({ value: 0, interval: [0, 0] });
    expect(report.scores).toHaveLength(36);
    expect(report.scores[0]).toMatchObject({ a: at('lfw/Ann/Ann_0001.jpg'), same: true, fold: 0 });
    expect(report.scores[35]).toMatchObject({ same: false, fold: 1 });
    const mean = (same: boolean): number => {
      const all = report.scores.filter((pair: { same: boolean }) => pair.same === same);
      return (
        all.reduce((sum: number, pair: { scores: number[] }) => sum + (pair.scores[0] ?? 0), 0) / all.length
      );
    };
    expect(mean(true)).toBeGreaterThan(mean(false) + 0.2);
    expect(await sharp(at('roc.svg')).metadata()).toMatchObject({ format: 'svg', width: 720 });
  });

  it('takes the largest of several faces, counts that, and counts pairs that it skips by why', async () => {
    const lines = [
      ['two.png', 'lfw/Ann/Ann_0002.jpg', 1],
      ['two.png', 'lfw/Bob/Bob_0002.jpg', 0],
      ['nobody.png', 'lfw/Ann/Ann_0001.jpg', 1],
      ['broken.jpg', 'lfw/Ann/Ann_0001.jpg', 0],
      ['lfw/Ann/Ann_0001.jpg', 'nobody.png', 0],
    ];
    await writeFile(at('some.csv'), `a,b,same\n${lines.map((line) => line.join(',')).join('\n')}\n`);
    const { code, stdout } = await accuracy(
      '--pairs',
      at('some.csv'),
      '--face',
      faces,
      '--json',
      at('some.json'),
      arcface,
    );
    expect(code).toBe(0);
    expect(stdout).toContain(
      'pairs: 2 used (1 same, 1 different), 3 skipped: 2 because no face was found, 1 because the picture cannot be decoded (unsupported_format)\n',
    );
    expect(stdout).toContain('; 1 had several faces, of which the largest was taken\n');
    expect(row(stdout, 'accuracy of folds')).toEqual(['n/a: no folds']);
    const { scores } = JSON.parse(await readFile(at('some.json'), 'utf8'));
    expect(scores[0].scores[0]).toBeGreaterThan(scores[1].scores[0] + 0.2);
  });

  it('takes pictures of 112x112 px as aligned faces, without a face model', async () => {
    for (const name of ['Ann', 'Bob'] as const) {
      await sharp(at(`lfw/${name}/${name}_0001.jpg`))
        .resize(112, 112, { fit: 'fill' })
        .png()
        .toFile(at(`${name}.png`));
    }
    await writeFile(at('aligned.csv'), 'a,b,same\nAnn.png,Ann.png,1\nAnn.png,Bob.png,0\n');
    const { code, stdout } = await accuracy(
      '--pairs',
      at('aligned.csv'),
      '--json',
      at('aligned.json'),
      arcface,
    );
    expect(code).toBe(0);
    expect(stdout).toContain('pictures: 2, of which 2 of 112x112 px were taken as aligned faces;');
    const { scores } = JSON.parse(await readFile(at('aligned.json'), 'utf8'));
    expect(scores[0].scores[0]).toBeCloseTo(1, 5);
  });

  it('says in a line what cannot be used, and ends with 2', async () => {
    const failure = async (pairs: string, ...args: string[]): Promise<string> => {
      await writeFile(at('bad'), pairs);
      const { code, stdout, stderr } = await accuracy('--pairs', at('bad'), ...args);
      expect([code, stdout]).toEqual([2, '']);
      const lines = stderr
        .trimEnd()
        .split('\n')
        .filter((line) => !line.endsWith('...'));
      expect(lines).toHaveLength(1);
      return lines.join();
    };
    const [good, ann] = ['a,b,same\nnobody.png,two.png,1\n', 'lfw/Ann/Ann_0001.jpg'];
    expect(await failure(good, at('absent.onnx'))).toBe('model: cannot read absent.onnx (ENOENT)');
    expect(await failure(good, '--face', at('absent.onnx'), arcface)).toContain(
      '--face: cannot read absent.onnx',
    );
    expect(await failure(good, '--plot', at('roc.png'), arcface)).toContain(
      '--plot: expected a file that ends with .svg',
    );
    expect(await failure(good, '--json', at('no/x.json'), arcface)).toContain(
      '--json: cannot read no (ENOENT)',
    );
    expect(await failure(good, '--confidence', '0.5', arcface)).toBe(
      '--confidence goes with --detections only: leave it out',
    );
    expect(await failure(good, '--detections', at('bad'), arcface)).toContain('expected either --pairs');
    expect(await failure('a,b,same\nx.png\n', arcface)).toContain('bad, line 2: expected two paths');
    expect(await failure('a,b,same\nx.png,two.png,1\n', arcface)).toContain(
      'such as x.png: name their folder with --images',
    );
    expect(await failure(`a,b,same\n${ann},${ann},1\n`, arcface)).toMatch(
      /^lfw\/Ann\/Ann_0001\.jpg has \d+x\d+ px and is no aligned face of 112x112: name a face model with --face$/,
    );
    expect(await failure(good, '--face', faces, arcface)).toBe(
      'no figures without a usable pair of the same person and one of different persons: of 1 pairs 0 of the same and ' +
        '0 of different persons can be used; left out: 1 because no face was found',
    );
    expect(await failure(good, yolo)).toContain('demo-yolov8.onnx: expected [n, 3, 112, 112]');
    expect(await failure(good, '--face', arcface, arcface)).toContain(
      'face model: Expected the outputs of YuNet',
    );
    const { code, stderr } = await accuracy();
    expect([code, stderr]).toEqual([2, "error: missing required argument 'models'\n"]);
  });
});

describe('trinetra-models accuracy --detections', () => {
  const moments = 12;

  beforeAll(async () => {
    const size = { width: 1280, height: 720, sentWidth: 640, sentHeight: 360 };
    const scene = createScene({ seed: 3, camera: 2, cameraType: 'entrance', ...size });
    const truth = {
      images: [] as object[],
      annotations: [] as object[],
      categories: [{ id: 1, name: 'person' }],
    };
    for (let moment = 1; moment <= moments; moment += 1) {
      const { canvas, truth: seen } = scene.frame(moment * 5);
      await writeFile(at(`${moment}.jpg`), await canvas.encode('jpeg', 90));
      truth.images.push({ id: moment, file_name: `${moment}.jpg`, width: 640, height: 360 });
      for (const { bbox, hidden } of seen.persons) {
        const [x1, y1, x2, y2] = bbox.map((value) => value / 2) as [number, number, number, number];
        const hard = hidden > 0.5 || x2 - x1 < 16 || y2 - y1 < 40; // as docs/DEMO-MODELS.md counts
        truth.annotations.push({
          image_id: moment,
          category_id: 1,
          bbox: [x1, y1, x2 - x1, y2 - y1],
          iscrowd: hard ? 1 : 0,
        });
      }
    }
    await sharp({ create: { width: 64, height: 64, channels: 3, background: '#000000' } })
      .png()
      .toFile(at('black.png'));
    truth.images.push({ id: 0, file_name: 'black.png' });
    await writeFile(at('truth.json'), JSON.stringify(truth));
    await writeFile(at('large.json'), JSON.stringify(truth).replace('"width":640', '"width":1280'));
    await writeFile(at('bad.json'), JSON.stringify(truth).replace('black.png', 'broken.jpg'));
    await writeFile(at('broken.jpg'), 'no picture');
  });

  it('tells average precision, and recall and precision at the confidence', async () => {
    const { code, stdout } = await accuracy(
      '--detections',
      at('truth.json'),
      '--providers',
      'cpu',
      '--json',
      at('det.json'),
      yolo,
      yolo,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^pictures: 13 with \d+ persons, and \d+ crowds .*; black, blown out or flat, which the worker skips: 1\n/,
    );
    expect(row(stdout, 'recall at 0.35')).toHaveLength(2);
    const { models, persons } = JSON.parse(await readFile(at('det.json'), 'utf8'));
    const [model] = models;
    expect(persons).toBeGreaterThan(20);
    expect(model).toMatchObject({ runs: 'cpu, fp32', persons, found: Math.round(model.recall * persons) });
    expect(model.ap50).toBeGreaterThan(0.9);
    expect(model.ap50To95).toBeGreaterThan(0.5);
    expect(model.ap50To95).toBeLessThan(model.ap50);
    expect(model.recall).toBeGreaterThan(0.9);
    expect(model.precision).toBeGreaterThan(0.9);
    expect(models[1]).toEqual(model);
    const sure = await accuracy('--detections', at('truth.json'), '--confidence', '0.9', yolo);
    expect(Number.parseFloat(row(sure.stdout, 'recall at 0.9')[0] ?? '')).toBeLessThan(100 * model.recall);
    expect(row(sure.stdout, 'AP50')).toEqual([`${(100 * model.ap50).toFixed(2)} %`]);
  });

  it.each([
    [['--detections', 'absent.json'], '--detections: cannot read absent.json (ENOENT)'],
    [
      ['--detections', 'truth.json', '--category', 'cat'],
      'truth.json: no category "cat" among person: name one with --category',
    ],
    [
      ['--detections', 'truth.json', '--images', 'lfw'],
      '13 of 13 pictures of truth.json are missing, such as lfw/1.jpg',
    ],
    [['--detections', 'large.json'], '1.jpg has 640x360 px but its truth is of 1280x360'],
    [['--detections', 'bad.json'], 'broken.jpg cannot be decoded'],
    [['--detections', 'truth.json', '--plot', 'x.svg'], '--plot goes with --pairs only: leave it out'],
    [['--detections', 'truth.json', '--class-ids', '5'], 'demo-yolov8.onnx'],
    [['--detections', 'truth.json', '--confidence', '2'], 'expected a number in 0.001..1'],
  ])('refuses %j with 2', async (args, message) => {
    const given = args.map((arg) => (/^(?:\w+\.\w+|lfw)$/.test(arg) ? at(arg) : arg));
    const { code, stdout, stderr } = await accuracy(...given, yolo);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  it('refuses a model that is no detector', async () => {
    const { code, stderr } = await accuracy('--detections', at('truth.json'), arcface);
    expect([code, stderr]).toEqual([2, expect.stringContaining('demo-arcface.onnx')]);
  });
});

describe.skipIf(!hasShared)('trinetra-models accuracy on the test photos (needs ../shared)', () => {
  it('finds with YOLOv8n, in FP32 and FP16, what the reference in Python found with it', async () => {
    const [photos, models] = ['photos', 'models'].map((name) => fileURLToPath(new URL(name, sharedFolder)));
    const truth = {
      images: cases.map(({ image, width, height }, id) => ({ id, file_name: image, width, height })),
      annotations: cases.flatMap(({ persons, width, height }, id) =>
        persons.map(({ box_norm: [x1, y1, x2, y2] }) => ({
          image_id: id,
          category_id: 1,
          bbox: [x1 * width, y1 * height, (x2 - x1) * width, (y2 - y1) * height],
        })),
      ),
      categories: [{ id: 1, name: 'person' }],
    };
    await writeFile(at('golden.json'), JSON.stringify(truth));
    const { code } = await accuracy(
      ...['--detections', at('golden.json'), '--images', String(photos), '--providers', 'cpu'],
      ...['--json', at('golden-report.json'), `${models}/yolov8n.onnx`, `${models}/yolov8n_fp16.onnx`],
    );
    expect(code).toBe(0);
    const report = JSON.parse(await readFile(at('golden-report.json'), 'utf8'));
    expect(report.models).toMatchObject([
      { runs: 'cpu, fp32', persons: 35, found: 35, wrong: 0 },
      { runs: 'cpu, fp16', persons: 35, found: 35, wrong: 0 },
    ]);
    for (const { ap50, ap50To95 } of report.models) {
      expect(ap50).toBeCloseTo(1, 6);
      expect(ap50To95).toBeGreaterThan(0.99);
    }
  });
});
