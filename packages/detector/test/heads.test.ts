import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInferenceRuntime, type InferenceRuntime } from '@trinetra/inference-runtime';
import { type OnnxTensor, onnxModel } from '@trinetra/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDetector, type Detector } from '../src/detector.ts';
import type { Detection, DetectorInput } from '../src/detector-frame.ts';
import { detectAll } from './detect-all.ts';

/** An output that is the same for every picture, with the values of its first rows; the rest is zeros. */
interface Output {
  readonly name: string;
  readonly dims: readonly number[];
  readonly rows?: readonly (readonly number[])[];
}

interface Model {
  readonly size?: number;
  readonly otherInputs?: readonly OnnxTensor[];
  readonly outputs: readonly Output[];
  readonly metadata?: Readonly<Record<string, string>>;
}

/** An ONNX file `images` `[1, 3, size, size]` -> outputs, as exporters write them. */
function fileOf({ size = 640, otherInputs = [], outputs, metadata = {} }: Model): Buffer {
  return onnxModel({
    inputs: [{ name: 'images', dims: [1, 3, size, size] }, ...otherInputs],
    outputs,
    nodes: outputs.map(({ name, dims, rows = [] }) => {
      const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
      data.set(rows.flat());
      return { op: 'Constant', outputs: [name], attributes: { value: { dims, data } } };
    }),
    metadata,
  });
}

let folder = '';
let runtime: InferenceRuntime;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-heads-'));
  runtime = await createInferenceRuntime({ intraOpThreads: 1 });
});
afterAll(async () => {
  await runtime.close();
  await rm(folder, { recursive: true });
});

let files = 0;
async function detectorOf(model: Model, classIds = [0]): Promise<Detector> {
  files += 1;
  const path = join(folder, `${files}.onnx`);
  await writeFile(path, fileOf(model));
  return createDetector({ model: await runtime.loadModel(path), classIds });
}

/** A frame of 320x640 in the middle of the input of 640x640, at half its size. */
function frame(size = 640): DetectorInput {
  const half = size / 4;
  return {
    tensor: new Float32Array(3 * size * size),
    letterbox: { scaleX: 0.5, scaleY: 0.5, left: half, top: 0, inputWidth: size, inputHeight: size },
    width: size,
    height: 2 * size,
  };
}

async function found(model: Model, classIds?: number[]): Promise<Detection[]> {
  const detector = await detectorOf(model, classIds);
  const [detections = []] = await detectAll(detector, [frame(model.size)]);
  return detections.map(({ bbox, confidence, classId }) => ({
    bbox: bbox.map((value) => Math.round(value * 100) / 100) as unknown as Detection['bbox'],
    confidence: Math.round(confidence * 1000) / 1000,
    classId,
  }));
}

const ultralytics = (
  name: string,
  names: string,
  rest: Record<string, string> = {},
): Record<string, string> => ({
  description: `Ultralytics ${name} model`,
  author: 'Ultralytics',
  task: 'detect',
  names,
  ...rest,
});
const person = "{0: 'person'}";
const two = "{0: 'person', 1: 'head'}";
const four = "{0: 'person', 1: 'a', 2: 'b', 3: 'c'}";
/** A person at x 240..400 and y 160..480 of the input, in the frame at x 160..480 and y 320..960. */
const [corners, centre, share] = [
  [240, 160, 400, 480],
  [320, 320, 160, 320],
  [0.5, 0.5, 0.25, 0.5],
];
const bbox = [160, 320, 480, 960];
/** A car beside, and a person whose score is under the threshold. */
const other = [0.5, 0.5, 0.1, 0.1];

describe('one person at the same place in the frame comes from', () => {
  it.each<[what: string, model: Model]>([
    [
      'RT-DETR of Ultralytics 8.3 with four classes',
      {
        outputs: [
          {
            name: 'output0',
            dims: [1, 300, 8],
            rows: [
              [...other, 0.1, 0.9, 0, 0],
              [...share, 0.8, 0.1, 0, 0.2],
              [...other, 0.3, 0.1, 0, 0],
            ],
          },
        ],
        metadata: ultralytics('rtdetr-l', four),
      },
    ],
    [
      'RT-DETR of Ultralytics 8.3 with two classes, whose output has six columns',
      {
        outputs: [
          {
            name: 'output0',
            dims: [1, 300, 6],
            rows: [
              [...other, 0.1, 0.9],
              [...share, 0.8, 0.1],
              [...other, 0.3, 0.1],
            ],
          },
        ],
        metadata: ultralytics('rtdetr-l', two),
      },
    ],
    [
      'RT-DETR of Ultralytics 8.4',
      {
        outputs: [
          {
            name: 'output0',
            dims: [1, 300, 6],
            rows: [
              [...other, 0.9, 1],
              [...share, 0.8, 0],
              [...other, 0.3, 0],
            ],
          },
        ],
        metadata: ultralytics('rtdetr-l', four, { head: 'RTDETRDecoder', end2end: 'False' }),
      },
    ],
    [
      'RT-DETR of Ultralytics 8.4 with two classes',
      {
        outputs: [
          {
            name: 'output0',
            dims: [1, 300, 6],
            rows: [
              [...other, 0.9, 1],
              [...share, 0.8, 0],
              [...other, 0.3, 0],
            ],
          },
        ],
        metadata: ultralytics('rtdetr-l', two, { head: 'RTDETRDecoder', end2end: 'False' }),
      },
    ],
    [
      'the queries of an RT-DETR without metadata',
      {
        outputs: [
          {
            name: 'out',
            dims: [1, 300, 8],
            rows: [
              [...other, 0.1, 0.9, 0, 0],
              [...share, 0.8, 0.1, 0, 0.2],
            ],
          },
        ],
      },
    ],
    [
      'YOLO26',
      {
        outputs: [
          {
            name: 'output0',
            dims: [1, 300, 6],
            rows: [
              [...corners, 0.8, 0],
              [1, 2, 30, 40, 0.6, 1],
            ],
          },
        ],
        metadata: ultralytics('YOLO26n', four, { end2end: 'True' }),
      },
    ],
    [
      'YOLOv8 with nms=True',
      {
        outputs: [{ name: 'output0', dims: [1, 300, 6], rows: [[...corners, 0.8, 0]] }],
        metadata: ultralytics('YOLOv8n', four, { args: "{'nms': True}", end2end: 'False' }),
      },
    ],
    [
      'YOLOv10 of Ultralytics 8.2, which says nothing of its head',
      {
        outputs: [
          {
            name: 'output0',
            dims: [1, 300, 6],
            rows: [
              [...corners, 0.8, 0],
              [1, 2, 30, 40, 0.6, 1],
            ],
          },
        ],
        metadata: ultralytics('YOLOv10n', four),
      },
    ],
  ])('%s', async (_, model) => {
    expect(await found(model)).toEqual([{ bbox, confidence: 0.8, classId: 0 }]);
  });

  it('nowhere in an output of zeros, which tells no head', async () => {
    const empty = await detectorOf({ outputs: [{ name: 'out', dims: [1, 300, 6] }] });
    expect(await detectAll(empty, [frame()])).toEqual([[]]);
  });
});

describe('a file is refused at once, with what it is:', () => {
  const rows = (columns: number, name = 'output'): Output => ({ name, dims: [1, 25_200, columns] });
  it.each<[what: string, model: Model, message: RegExp]>([
    [
      'YOLOv5 of one class',
      { outputs: [rows(6)], metadata: { names: person, stride: '32' } },
      /head of YOLOv5 .*export a YOLOv8.*images float32 \[1,3,640,640\] -> output float32 \[1,25200,6\]/,
    ],
    ['YOLOv5 of 80 classes', { outputs: [rows(85)] }, /head of YOLOv5 .*\[1,25200,85\]/],
    ['YOLOX', { outputs: [{ name: 'output', dims: [1, 8400, 85] }] }, /head of YOLOX.*\[1,8400,85\]/],
    [
      'a transposed YOLOv8 of two classes',
      { outputs: [{ name: 'output0', dims: [1, 8400, 6] }], metadata: ultralytics('YOLOv8n', two) },
      /transposed YOLOv8 .*\[1,8400,6\]/,
    ],
    ['YOLOv7 with end2end', { outputs: [{ name: 'output', dims: [100, 7] }] }, /YOLOv7 .*\[100,7\]/],
    [
      'YOLOv8-seg',
      {
        outputs: [
          { name: 'output0', dims: [1, 116, 8400] },
          { name: 'output1', dims: [1, 32, 160, 160] },
        ],
      },
      /for segmentation.*output1 float32 \[1,32,160,160\]/,
    ],
    ...['segment', 'pose', 'obb', 'classify'].map((task): [string, Model, RegExp] => [
      `a model for the task ${task}`,
      {
        outputs: [{ name: 'output0', dims: [1, 300, 6] }],
        metadata: { ...ultralytics('YOLOv8n', person), task },
      },
      new RegExp(`for the task "${task}": export one for the task "detect"`),
    ]),
    [
      'RT-DETR of its authors',
      {
        otherInputs: [{ name: 'orig_target_sizes', dims: [1, 2], type: 'int64' }],
        outputs: [
          { name: 'labels', dims: [1, 300] },
          { name: 'boxes', dims: [1, 300, 4] },
          { name: 'scores', dims: [1, 300] },
        ],
      },
      /RT-DETR .* authors.*torch\.cat.*orig_target_sizes int64 \[1,2\] -> labels float32 \[1,300\], boxes float32 \[1,300,4\]/,
    ],
    [
      'RT-DETR of Hugging Face',
      {
        outputs: [
          { name: 'logits', dims: [1, 300, 80] },
          { name: 'pred_boxes', dims: [1, 300, 4] },
        ],
      },
      /Hugging Face.*torch\.cat.*logits float32 \[1,300,80\]/,
    ],
    [
      'RF-DETR',
      {
        outputs: [
          { name: 'dets', dims: [1, 300, 4] },
          { name: 'labels', dims: [1, 300, 91] },
        ],
      },
      /RF-DETR/,
    ],
    [
      'MMDeploy',
      {
        outputs: [
          { name: 'dets', dims: [1, 100, 5] },
          { name: 'labels', dims: [1, 100] },
        ],
      },
      /MMDeploy/,
    ],
    [
      'SSD of the TensorFlow Object Detection API',
      {
        outputs: [
          { name: 'detection_boxes', dims: [1, 100, 4] },
          { name: 'detection_scores', dims: [1, 100] },
        ],
      },
      /TensorFlow Object Detection API/,
    ],
    [
      'the NMS plugin',
      {
        outputs: [
          { name: 'num_dets', dims: [1, 1] },
          { name: 'det_boxes', dims: [1, 100, 4] },
        ],
      },
      /NMS plugin/,
    ],
    [
      'BlazeFace',
      {
        outputs: [
          { name: 'regressors', dims: [1, 896, 16] },
          { name: 'classificators', dims: [1, 896, 1] },
        ],
      },
      /MediaPipe/,
    ],
    [
      'SCRFD',
      {
        outputs: [12800, 3200, 800].flatMap((anchors) =>
          [1, 4, 10].map((columns) => ({ name: `${anchors}x${columns}`, dims: [anchors, columns] })),
        ),
      },
      /SCRFD, which finds? faces: it goes to createFaceAligner/,
    ],
    [
      'YOLO-NAS',
      {
        outputs: [
          { name: 'o1', dims: [1, 8400, 4] },
          { name: 'o2', dims: [1, 8400, 80] },
        ],
      },
      /YOLO-NAS/,
    ],
    [
      'raw feature maps',
      { outputs: [80, 40, 20].map((side) => ({ name: `p${side}`, dims: [1, 3, side, side, 6] })) },
      /raw feature maps/,
    ],
  ])('%s', async (_, model, message) => {
    await expect(detectorOf(model)).rejects.toMatchObject({
      code: 'model_mismatch',
      message: expect.stringMatching(message),
    });
  });
});

describe('a file is refused at its first run whose values are certainly those of another head:', () => {
  it.each<[what: string, model: Model, message: RegExp]>([
    [
      'six columns, the last of which is no class',
      { outputs: [{ name: 'out', dims: [1, 300, 6], rows: [[...centre, 0.8, 0.7]] }] },
      /no class \(a row has 0\.7000\).*\[1,300,6\]/,
    ],
    [
      'boxes of an end-to-end head in 0..1',
      {
        outputs: [{ name: 'out', dims: [1, 300, 6], rows: [[0.1, 0.1, 0.2, 0.2, 0.8, 0]] }],
        metadata: { end2end: 'True' },
      },
      /boxes lie in 0\.\.1, not in pixels/,
    ],
    [
      'queries whose scores are logits',
      { outputs: [{ name: 'out', dims: [1, 300, 8], rows: [[...share, -4, -4, -4, -4]] }] },
      /not all in 0\.\.1/,
    ],
    [
      'a YOLOv8 head with boxes in 0..1',
      {
        outputs: [{ name: 'out', dims: [1, 5, 8400], rows: [[0.2, 0.3, 0.4]] }],
        metadata: { names: person },
      },
      /boxes lie in 0\.\.1/,
    ],
    [
      'keypoints that are read as classes',
      {
        outputs: [{ name: 'out', dims: [1, 8, 8400], rows: [Array<number>(8 * 8400).fill(100)] }],
      },
      /no probabilities/,
    ],
  ])('%s', async (_, model, message) => {
    const detector = await detectorOf(model);
    await expect(detectAll(detector, [frame()])).rejects.toMatchObject({
      code: 'model_mismatch',
      message: expect.stringMatching(message),
    });
  });
});

it('refuses YuNet when it is made, with where it goes', async () => {
  const runtime = await createInferenceRuntime();
  const path = fileURLToPath(new URL('../../../tools/demo-models/models/demo-yunet.onnx', import.meta.url));
  const model = await runtime.loadModel(path);
  expect(() => createDetector({ model })).toThrow(
    /this is YuNet .*it goes to createFaceAligner.*Ultralytics/,
  );
  await runtime.close();
});

it('says at the start which wanted class is no person', async () => {
  const outputs = [{ name: 'out', dims: [1, 6, 8400] }];
  const metadata = { names: "{0: 'car', 1: 'person'}" };
  expect((await detectorOf({ outputs, metadata })).warnings).toEqual([
    expect.stringContaining("is 'car', not a person"),
  ]);
  expect((await detectorOf({ outputs, metadata }, [1])).warnings).toEqual([]);
});
