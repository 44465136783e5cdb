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

const tensorInfo = (name: string, dims: readonly (number | string)[]): TensorInfo => ({
  name,
  type: 'float32',
  dims,
});

/** A model at the interface of inference-runtime, which answers with `respond(run)`; like the real one it moves its feeds. */
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
    outputs,
    metadata: {},
    firstOps: [],
  };
  return {
    info,
    runs,
    run: async (feeds, options) => {
      options?.signal?.throwIfAborted();
      const moved = structuredClone(feeds, {
        transfer: Object.values(feeds).map(({ data }) => data.buffer as ArrayBuffer),
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
