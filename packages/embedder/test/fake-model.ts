import type { InferenceModel, ModelInfo, PixelMap, TensorData } from '@trinetra/inference-runtime';

type Dims = readonly (number | string)[];

export interface FakeModelSetup {
  /** Default `['batch', 3, 112, 112]`. */
  readonly input?: Dims;
  readonly inputType?: string;
  /** As declared; default `['batch', 512]`. */
  readonly output?: Dims;
  readonly outputType?: string;
  /** What the graph makes of its pixels; default: nothing. */
  readonly pixels?: Partial<PixelMap> | null | undefined;
  readonly sidecar?: ModelInfo['sidecar'];
  /** What it was made to take bytes with. */
  readonly byteInput?: ModelInfo['byteInput'];
  readonly sha256?: string;
  readonly precision?: string;
  /** The output of one run; default: {@link echo}. */
  readonly respond?: (batch: number, run: number, input: Float32Array) => TensorData;
}

/** What a graph makes of pixels that it scales and offsets alike in all channels. */
export const scaled = (steps: readonly string[], scale: number, offset: number): Partial<PixelMap> => {
  const channel = { scale, offset };
  return { steps, channels: [channel, channel, channel] };
};

function mapOf(given: Partial<PixelMap> = {}): PixelMap {
  return {
    steps: [],
    channels: [
      { scale: 1, offset: 0 },
      { scale: 1, offset: 0 },
      { scale: 1, offset: 0 },
    ],
    swapsChannels: false,
    passes: { below0: true, above1: true },
    gain: 1,
    problem: '',
    ...given,
  };
}

/** One vector a face: its first red value, then ones. */
export function echo(batch: number, _run: number, input: Float32Array): TensorData {
  const data = new Float32Array(batch * 512).fill(1);
  for (let face = 0; face < batch; face += 1) data[face * 512] = input[face * 37_632] ?? 0;
  return { type: 'float32', data, dims: [batch, 512] };
}

/** A model at the interface of inference-runtime with hand-written embeddings; like the real one it gives its feeds back. */
export class FakeModel implements InferenceModel {
  readonly info: ModelInfo;
  /** Shape and values of the input of each run. */
  readonly runs: { readonly dims: readonly number[]; readonly data: Float32Array }[] = [];
  readonly #respond: NonNullable<FakeModelSetup['respond']>;

  constructor(setup: FakeModelSetup = {}) {
    this.#respond = setup.respond ?? echo;
    const tensor = (name: string, dims: Dims, type = 'float32') => ({ name, type, dims });
    const inputs = [tensor('data', setup.input ?? ['batch', 3, 112, 112], setup.inputType)];
    this.info = {
      requestedPath: 'fake.onnx',
      path: 'fake.onnx',
      provider: 'cpu',
      precision: setup.precision ?? 'fp32',
      sha256: setup.sha256 ?? '0123456789abcdef'.repeat(4),
      inputs,
      fileInputs: setup.byteInput === undefined ? inputs : [tensor('data', ['batch', 3, 112, 112])],
      outputs: [tensor('fc1', setup.output ?? ['batch', 512], setup.outputType)],
      metadata: {},
      operators: ['Conv', 'PRelu'],
      pixels: setup.pixels === null ? null : mapOf(setup.pixels),
      sidecar: setup.sidecar ?? {},
      byteInput: setup.byteInput,
    };
  }

  /** Takes no notice of a signal, so that the embedder has to. */
  async run(
    feeds: Readonly<Record<string, TensorData>>,
  ): Promise<{ outputs: Record<string, TensorData>; feeds: Readonly<Record<string, TensorData>> }> {
    const input = feeds['data'];
    if (input === undefined) throw new Error('expected the feed data');
    const data = (input.data as Float32Array).slice();
    this.runs.push({ dims: input.dims, data });
    return { outputs: { fc1: this.#respond(input.dims[0] ?? 0, this.runs.length - 1, data) }, feeds };
  }

  async close(): Promise<void> {}
  async [Symbol.asyncDispose](): Promise<void> {}
}

/** An aligned face of one colour, red with the others darker. */
export function faceOf(red: number, green = 0, blue = 0): Uint8Array {
  const face = new Uint8Array(112 * 112 * 3);
  for (let at = 0; at < face.length; at += 3) face.set([red, green, blue], at);
  return face;
}
