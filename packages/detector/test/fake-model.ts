import type { InferenceModel, ModelInfo, TensorData } from '@trinetra/inference-runtime';

type Dims = readonly (number | string)[];

export interface FakeModelSetup {
  /** Default `['batch', 3, 32, 32]`. */
  readonly input?: Dims;
  readonly inputType?: string;
  /** As declared; default `['batch', 'rows', 'anchors']`. */
  readonly output?: Dims;
  readonly outputType?: string;
  /** What its graph makes of its pixels; default: not known. */
  readonly pixels?: ModelInfo['pixels'];
  readonly metadata?: Readonly<Record<string, string>>;
  /** The output of one run for a batch of that many frames. */
  readonly respond?: (batch: number, run: number) => TensorData;
}

/** A model at the interface of inference-runtime with a hand-written head; like the real one it moves its feeds. */
export class FakeModel implements InferenceModel {
  readonly info: ModelInfo;
  /** Shape and values of the input of each run. */
  readonly runs: { readonly dims: readonly number[]; readonly data: Float32Array }[] = [];
  /** The memory of the input of each run. */
  readonly buffers: Set<unknown> = new Set();
  readonly #respond: (batch: number, run: number) => TensorData;

  constructor(setup: FakeModelSetup) {
    this.#respond =
      setup.respond ?? ((batch) => ({ type: 'float32', data: new Float32Array(0), dims: [batch, 0, 0] }));
    const inputs = [
      { name: 'images', type: setup.inputType ?? 'float32', dims: setup.input ?? ['batch', 3, 32, 32] },
    ];
    this.info = {
      requestedPath: 'fake.onnx',
      path: 'fake.onnx',
      provider: 'cpu',
      precision: 'fp32',
      sha256: '0'.repeat(64),
      inputs,
      fileInputs: inputs,
      outputs: [
        {
          name: 'output0',
          type: setup.outputType ?? 'float32',
          dims: setup.output ?? ['batch', 'rows', 'anchors'],
        },
      ],
      metadata: setup.metadata ?? {},
      operators: [],
      pixels: setup.pixels ?? null,
      sidecar: {},
    };
  }

  async run(
    feeds: Readonly<Record<string, TensorData>>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<{ outputs: Record<string, TensorData>; feeds: Readonly<Record<string, TensorData>> }> {
    options.signal?.throwIfAborted();
    const input = feeds['images'];
    if (input === undefined) throw new Error('expected the feed images');
    this.runs.push({ dims: input.dims, data: (input.data as Float32Array).slice() });
    this.buffers.add(input.data.buffer);
    return { outputs: { output0: this.#respond(input.dims[0] ?? 0, this.runs.length - 1) }, feeds };
  }

  async close(): Promise<void> {}
  async [Symbol.asyncDispose](): Promise<void> {}
}

/** cx, cy, w, h, then a score a class. */
export type Anchor = readonly number[];

/** A YOLOv8 head `[frames.length, 4 + classes, anchors]`; places without an anchor are zeros. */
export function yolov8Head(frames: readonly (readonly Anchor[])[], classes = 1, anchors = 21): TensorData {
  const rows = 4 + classes;
  const data = new Float32Array(frames.length * rows * anchors);
  for (const [frame, list] of frames.entries()) {
    for (const [index, anchor] of list.entries()) {
      for (const [row, value] of anchor.entries()) data[(frame * rows + row) * anchors + index] = value;
    }
  }
  return { type: 'float32', data, dims: [frames.length, rows, anchors] };
}

/** An end-to-end head `[frames.length, 300, 6]` of x1, y1, x2, y2, confidence, class; the rest is zeros. */
export function endToEndHead(frames: readonly (readonly (readonly number[])[])[]): TensorData {
  const data = new Float32Array(frames.length * 300 * 6);
  for (const [frame, list] of frames.entries()) {
    for (const [index, row] of list.entries()) data.set(row, (frame * 300 + index) * 6);
  }
  return { type: 'float32', data, dims: [frames.length, 300, 6] };
}
