import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoModels, onnxModel } from '@trinetra/test-support';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runModels } from './cli.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-detectors-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A detector of 320x320 that finds nobody: an output of zeros. */
async function detectorFile(
  name: string,
  dims: readonly number[],
  metadata: Readonly<Record<string, string>>,
): Promise<string> {
  const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
  const path = join(folder, name);
  const bytes = onnxModel({
    inputs: [{ name: 'images', dims: [1, 3, 320, 320] }],
    outputs: [{ name: 'output0', dims }],
    nodes: [{ op: 'Constant', outputs: ['output0'], attributes: { value: { dims, data } } }],
    metadata,
  });
  await writeFile(path, bytes);
  return path;
}

/** Loads a detector as the worker does at its start. */
async function start(detector: string): Promise<{ code: number | null; output: string }> {
  const env = { PATH: process.env['PATH'], ...demoModels(), YOLO_ENGINE_PATH: detector };
  const { code, stdout, stderr } = await runModels(['selftest', '--seconds', '1'], { env });
  return { code, output: stdout + stderr };
}

const count = (text: string, part: string): number => text.split(part).length - 1;

it('the worker warns once of a class that is no person, and of thresholds in the graph', async () => {
  const metadata = { names: "{0: 'face'}", args: "{'nms': True}", end2end: 'False' };
  const { code, output } = await start(await detectorFile('face.onnx', [1, 300, 6], metadata));
  expect(code, output).toBe(0);
  expect(count(output, "class 0 of this model is 'face', not a person: set CLASS_IDS")).toBe(1);
  expect(count(output, 'CONFIDENCE_THRESHOLD is 0.35 and NMS_IOU_THRESHOLD 0.45')).toBe(1);
});

const yolov5 = (): Promise<string> =>
  detectorFile('yolov5n.onnx', [1, 6300, 6], { names: "{0: 'person'}", stride: '32' });

it('the worker does not start with a YOLOv5, and says what it is', async () => {
  const path = await yolov5();
  const { code, output } = await start(path);
  expect(code).toBe(2);
  expect(output).toContain(`detector model ${path}: this is a head of YOLOv5 or YOLOv7`);
  expect(output).toContain('[1,6300,6]');
});

it('trinetra-models verify notes what is probably not meant', async () => {
  await detectorFile('car.onnx', [1, 5, 2100], { names: "{0: 'car'}" });
  await yolov5();
  const { stdout } = await runModels(['verify', folder, '--providers', 'cpu', '--json']);
  const verdicts = JSON.parse(stdout) as { file: string; ok: boolean; notes: string[] }[];
  expect(verdicts.find(({ file }) => file.endsWith('car.onnx'))).toMatchObject({
    ok: true,
    notes: [expect.stringContaining("class 0 of this model is 'car', not a person")],
  });
  expect(verdicts.find(({ file }) => file.endsWith('yolov5n.onnx'))).toMatchObject({
    ok: false,
    notes: [expect.stringContaining('this is a head of YOLOv5')],
  });
});
