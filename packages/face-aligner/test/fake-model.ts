import type { FaceLandmarks, Point, Xyxy } from '@trinetra/contracts';
import type { InferenceModel, ModelInfo, TensorData, TensorInfo } from '@trinetra/inference-runtime';
import type { FaceCandidate } from '../src/face-candidate.ts';

export type Outputs = Readonly<Record<string, TensorData>>;

/** What the fake was given in one run. */
export interface FakeRun {
  readonly dims: readonly number[];
  /** A copy of the input. */
  readonly data: Float32Array;
}

export interface FakeModel extends InferenceModel {
  readonly runs: FakeRun[];
}

export const tensorInfo = (name: string, dims: readonly (number | string)[]): TensorInfo => ({
  name,
  type: 'float32',
  dims,
});

/** A model at the interface of inference-runtime, which answers with `respond(run)`; like the real one it moves its feeds that are not shared. */
export function fakeModel(
  inputs: readonly TensorInfo[],
  outputs: readonly TensorInfo[],
  respond: (run: FakeRun, index: number) => Outputs,
): FakeModel {
  const runs: FakeRun[] = [];
  const info: ModelInfo = {
    requestedPath: 'fake.onnx',
    path: 'fake.onnx',
    provider: 'cpu',
    precision: 'fp32',
    sha256: '0'.repeat(64),
    inputs,
    fileInputs: inputs,
    outputs,
    metadata: {},
    operators: [],
    pixels: null,
    sidecar: {},
  };
  return {
    info,
    runs,
    run: async (feeds, options) => {
      options?.signal?.throwIfAborted();
      await Promise.resolve(); // as the real one, which first asks for its thread: only then the feeds move
      const moved = structuredClone(feeds, {
        transfer: Object.values(feeds).flatMap(({ data: { buffer } }) =>
          buffer instanceof ArrayBuffer ? [buffer] : [],
        ),
      });
      const [input] = Object.values(moved);
      if (input === undefined) throw new Error('expected one input');
      const run = { dims: input.dims, data: new Float32Array(input.data as Float32Array) };
      runs.push(run);
      return { outputs: respond(run, runs.length - 1), feeds: moved };
    },
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}

/** A face with its landmarks where a face has them. */
export function faceIn(bbox: Xyxy, score: number): FaceCandidate {
  const [x1, y1, x2, y2] = bbox;
  const at = (x: number, y: number): Point => [x1 + x * (x2 - x1), y1 + y * (y2 - y1)];
  const landmarks: FaceLandmarks = [at(0.3, 0.4), at(0.7, 0.4), at(0.5, 0.6), at(0.35, 0.8), at(0.65, 0.8)];
  return { bbox, landmarks, score };
}

const strides = [8, 16, 32] as const;

/** Outputs of YuNet over `[faces.length, 3, height, width]`, with each face of crop `i` at the prior that holds its centre. */
export function yunetOutputs(
  faces: readonly (readonly FaceCandidate[])[],
  width = 320,
  height = 320,
  stride: 8 | 16 | 32 = 8,
): Record<string, TensorData> {
  const outputs: Record<string, TensorData> = {};
  for (const step of strides) {
    const [columns, priors] = [width / step, (width / step) * (height / step)];
    const make = (length: number): Float32Array => new Float32Array(faces.length * priors * length);
    const [cls, obj, bbox, kps] = [make(1), make(1), make(4), make(10)];
    for (const [crop, list] of step === stride ? faces.entries() : []) {
      for (const { bbox: box, landmarks, score } of list) {
        const [x, y] = [(box[0] + box[2]) / 2 / step, (box[1] + box[3]) / 2 / step];
        const [column, row] = [Math.floor(x), Math.floor(y)];
        const prior = crop * priors + row * columns + column;
        cls[prior] = score;
        obj[prior] = score;
        bbox.set(
          [x - column, y - row, Math.log((box[2] - box[0]) / step), Math.log((box[3] - box[1]) / step)],
          prior * 4,
        );
        kps.set(
          landmarks.flatMap(([px, py]) => [px / step - column, py / step - row]),
          prior * 10,
        );
      }
    }
    for (const [kind, data, length] of [
      ['cls', cls, 1],
      ['obj', obj, 1],
      ['bbox', bbox, 4],
      ['kps', kps, 10],
    ] as const) {
      outputs[`${kind}_${step}`] = { type: 'float32', data, dims: [faces.length, priors, length] };
    }
  }
  return outputs;
}

/** A YuNet that finds `facesOf(run, crop)`, in the pixels of the crop. */
export function fakeYunet(
  facesOf: (run: number, crop: number) => readonly FaceCandidate[],
  batch: number | string = 1,
  size: number | string = 'size',
): FakeModel {
  const outputs = strides.flatMap((stride) =>
    (
      [
        ['cls', 1],
        ['obj', 1],
        ['bbox', 4],
        ['kps', 10],
      ] as const
    ).map(([kind, length]) => tensorInfo(`${kind}_${stride}`, [batch, 'anchors', length])),
  );
  return fakeModel([tensorInfo('input', [batch, 3, size, size])], outputs, ({ dims }, run) => {
    const [count = 0, , height, width] = dims;
    return yunetOutputs(
      Array.from({ length: count }, (_, crop) => facesOf(run, crop)),
      width,
      height,
    );
  });
}

/** Anchors of stride `step` in an input of `width x height`: two a cell. */
const anchorsOf = (width: number, height: number, step: number): number =>
  (width / step) * (height / step) * 2;

/** How a fake SCRFD looks from outside. */
export interface ScrfdShape {
  /** Outputs with a batch axis: `[crops, n, k]`; else `[n, k]`. */
  readonly batched?: boolean;
  /** By default InsightFace's: node numbers, all scores first, then all boxes, then all landmarks. */
  readonly names?: readonly string[];
  /** Which of the two anchors of a cell finds the faces. */
  readonly anchor?: 0 | 1;
  readonly stride?: 8 | 16 | 32;
}

export const scrfdNames: readonly string[] = ['448', '471', '494', '451', '474', '497', '454', '477', '500'];

/** Outputs of SCRFD over crops of `width x height`, with each face at the anchor at or left and above of its centre. */
export function scrfdOutputs(
  faces: readonly (readonly FaceCandidate[])[],
  width: number,
  height: number,
  { batched = true, names = scrfdNames, anchor = 0, stride = 8 }: ScrfdShape = {},
): Record<string, TensorData> {
  const outputs: Record<string, TensorData> = {};
  for (const [level, step] of strides.entries()) {
    const anchors = anchorsOf(width, height, step);
    const make = (length: number): Float32Array => new Float32Array(faces.length * anchors * length);
    const [scores, boxes, points] = [make(1), make(4), make(10)];
    for (const [crop, list] of step === stride ? faces.entries() : []) {
      for (const { bbox, landmarks, score } of list) {
        const column = Math.floor((bbox[0] + bbox[2]) / 2 / step);
        const row = Math.floor((bbox[1] + bbox[3]) / 2 / step);
        const at = crop * anchors + (row * (width / step) + column) * 2 + anchor;
        const [x, y] = [column * step, row * step];
        scores[at] = score;
        boxes.set(
          [x - bbox[0], y - bbox[1], bbox[2] - x, bbox[3] - y].map((side) => side / step),
          at * 4,
        );
        points.set(
          landmarks.flatMap(([px, py]) => [(px - x) / step, (py - y) / step]),
          at * 10,
        );
      }
    }
    for (const [kind, [data, length]] of (
      [
        [scores, 1],
        [boxes, 4],
        [points, 10],
      ] as const
    ).entries()) {
      const dims = batched ? [faces.length, anchors, length] : [anchors, length];
      outputs[names[kind * 3 + level] ?? ''] = { type: 'float32', data, dims };
    }
  }
  return outputs;
}

/** The outputs as a model declares them; `rows(stride)` is the number of anchors, or a name where it is open. */
export function scrfdOutputInfo(
  rows: (stride: number) => number | string,
  leading: readonly (number | string)[] = [],
  names: readonly string[] = scrfdNames,
): TensorInfo[] {
  return [1, 4, 10].flatMap((length, kind) =>
    strides.map((stride, level) =>
      tensorInfo(names[kind * 3 + level] ?? '', [...leading, rows(stride), length]),
    ),
  );
}

/** A SCRFD that finds `facesOf(run, crop)`, in the pixels of the crop. */
export function fakeScrfd(
  facesOf: (run: number, crop: number) => readonly FaceCandidate[],
  options: {
    readonly batch?: number | string;
    readonly size?: number | string;
    readonly batched?: boolean;
  } = {},
): FakeModel {
  const { batch = 1, size = '?', batched = false } = options;
  const side = typeof size === 'number' ? size : 640;
  const info = scrfdOutputInfo((stride) => anchorsOf(side, side, stride), batched ? [batch] : []);
  return fakeModel([tensorInfo('input.1', [batch, 3, size, size])], info, ({ dims }, run) => {
    const [count = 0, , height = 0, width = 0] = dims;
    const faces = Array.from({ length: count }, (_, crop) => facesOf(run, crop));
    return scrfdOutputs(faces, width, height, { batched });
  });
}
