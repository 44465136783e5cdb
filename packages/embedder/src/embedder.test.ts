import type { Result } from '@trinetra/contracts';
import { InferenceError } from '@trinetra/inference-runtime';
import { describe, expect, it } from 'vitest';
import { echo, FakeModel, type FakeModelSetup, faceOf, scaled } from '../test/fake-model.ts';
import { createEmbedder } from './embedder.ts';
import { EmbedderError } from './errors.ts';
import { defaultEmbedderOptions } from './options.ts';

const faces = (count: number): Uint8Array[] => Array.from({ length: count }, (_, index) => faceOf(index));

/** Which face a result of the echo model belongs to: its first number over the others is the centred red. */
function faceBehind(result: Result<Float32Array> | undefined): number | string {
  if (result === undefined) return 'missing';
  if (!result.ok) return result.reason;
  return Math.round(((result.value[0] ?? 0) / (result.value[1] ?? 1)) * 127.5 + 127.5);
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe('runs', () => {
  it('are none for no faces', async () => {
    const model = new FakeModel();
    expect(await createEmbedder({ model }).embed([])).toEqual([]);
    expect(model.runs).toHaveLength(0);
  });

  it.each([
    [1, [1]],
    [16, [16]],
    [17, [16, 1]],
    [40, [16, 16, 8]],
  ])('of %d faces have %j, each face in its place', async (count, sizes) => {
    const model = new FakeModel();
    const results = await createEmbedder({ model }).embed(faces(count));
    expect(model.runs.map(({ dims }) => dims)).toEqual(sizes.map((size) => [size, 3, 112, 112]));
    expect(results.map(faceBehind)).toEqual(range(0, count));
  });

  it('have at most maxRunSize faces', async () => {
    const model = new FakeModel();
    await createEmbedder({ model, maxRunSize: 3 }).embed(faces(7));
    expect(model.runs.map(({ dims }) => dims[0])).toEqual([3, 3, 1]);
  });

  it.each([
    [4, 6, [4, 4], [4, 2]],
    [32, 17, [32, 32], [16, 1]],
  ])(
    'of a model with the fixed batch %d are padded with zeros, and the padding is cut',
    async (batch, count, sizes, used) => {
      const model = new FakeModel({ input: [batch, 3, 112, 112], output: [batch, 512] });
      const embedder = createEmbedder({ model });
      const results = await embedder.embed(faces(count));
      expect(model.runs.map(({ dims }) => dims[0])).toEqual(sizes);
      expect(results.map(faceBehind)).toEqual(range(0, count));
      // The buffer of the first run comes back for the second, still full of the first's faces.
      for (const [run, faceCount] of used.entries()) {
        const data = model.runs[run]?.data;
        expect(data?.subarray(faceCount * 37_632).every((value) => value === 0)).toBe(true);
        expect(
          data?.subarray((faceCount - 1) * 37_632, faceCount * 37_632).some((value) => value !== 0),
        ).toBe(true);
      }
    },
  );

  it.each([
    ['-1..1', {}, [-1, 0.2, 1]],
    ['0..255', { pixels: scaled(['Sub', 'Mul'], 1 / 127.5, -1) }, [0, 153, 255]],
    ['0..1', { pixels: scaled(['Sub', 'Div'], 2, -1) }, [0, Math.fround(0.6), 1]],
    ['0..255 of BGR', { sidecar: { pixels: 'bgr 0 1' } }, [255, 153, 0]],
  ])('give pixels of %s to a model that wants them', async (_, setup: FakeModelSetup, expected) => {
    const model = new FakeModel(setup);
    await createEmbedder({ model }).embed([faceOf(0, 153, 255)]);
    const data = model.runs[0]?.data ?? new Float32Array();
    const [first, second, third] = [data[0], data[112 * 112], data[2 * 112 * 112]];
    expect([first, second, third]).toEqual(expected.map((value) => expect.closeTo(value, 6)));
  });

  it('give bytes in the order that was set', async () => {
    const model = new FakeModel({
      input: ['n', 112, 112, 3],
      inputType: 'uint8',
      byteInput: { mean: 0, divisor: 255 },
    });
    const pixels = { order: 'bgr', mean: 0, divisor: 255 } as const;
    await createEmbedder({ model, pixels }).embed([faceOf(1, 2, 3)]);
    expect([...(model.runs[0]?.data.subarray(0, 6) ?? [])]).toEqual([3, 2, 1, 3, 2, 1]);
  });
});

describe('results', () => {
  it('have length 1 within 1e-6, whatever the length of the output', async () => {
    const lengths = [1e-6, 1, 30, 1e30];
    const model = new FakeModel({
      respond: (batch) => ({
        type: 'float32',
        data: Float32Array.from(
          { length: batch * 512 },
          (_, at) => Math.sin(at) * (lengths[Math.floor(at / 512)] ?? 1),
        ),
        dims: [batch, 512],
      }),
    });
    for (const result of await createEmbedder({ model }).embed(faces(4))) {
      if (!result.ok) throw new Error(result.reason);
      const length = Math.sqrt(result.value.reduce((sum, value) => sum + value * value, 0));
      expect(Math.abs(length - 1)).toBeLessThan(1e-6);
    }
  });

  it('of a zero or broken vector are failures, and the faces beside it keep theirs', async () => {
    const broken: Record<number, number> = { 1: 0, 3: Number.NaN, 4: Number.NEGATIVE_INFINITY };
    const model = new FakeModel({
      respond: (batch, run, input) => {
        const output = echo(batch, run, input);
        for (const [face, value] of Object.entries(broken)) {
          const at = Number(face) * 512;
          if (value === 0) output.data.fill(0 as never, at, at + 512);
          else output.data[at + 100] = value;
        }
        return output;
      },
    });
    const results = await createEmbedder({ model }).embed(faces(6));
    expect(results.map(faceBehind)).toEqual([0, 'zero', 2, 'not_finite', 'not_finite', 5]);
  });

  it('own their memory, so that the next run changes nothing', async () => {
    const embedder = createEmbedder({ model: new FakeModel() });
    const [first] = await embedder.embed([faceOf(3)]);
    await embedder.embed([faceOf(200)]);
    expect(faceBehind(first)).toBe(3);
  });

  it.each<[what: string, error: unknown, reason: string, message: string]>([
    ['a hang', new InferenceError('inference_timeout', 'no answer'), 'inference_timeout', 'no answer'],
    ['an error without a code', new Error('broken'), 'run_failed', 'broken'],
    ['no error at all', 'broken', 'run_failed', 'broken'],
  ])('of a run that ends with %s are its own failures only', async (_, error, reason, message) => {
    const model = new FakeModel({
      respond: (batch, run, input) => {
        if (run === 1) throw error;
        return echo(batch, run, input);
      },
    });
    const results = await createEmbedder({ model }).embed(faces(40));
    expect(results.slice(0, 16).map(faceBehind)).toEqual(range(0, 16));
    expect(results.slice(16, 32)).toEqual(range(16, 32).map(() => ({ ok: false, reason, message, error })));
    expect(results.slice(32).map(faceBehind)).toEqual(range(32, 40));
  });

  it('of a run that is refused for memory come of its halves, and later runs have the size that fits', async () => {
    const model = new FakeModel({
      respond: (batch, run, input) => {
        if (batch > 4) throw new InferenceError('out_of_memory', 'no memory');
        return echo(batch, run, input);
      },
    });
    const embedder = createEmbedder({ model });
    const sizes = (): (number | undefined)[] => model.runs.splice(0).map(({ dims }) => dims[0]);
    expect((await embedder.embed(faces(16))).map(faceBehind)).toEqual(range(0, 16));
    expect(sizes()).toEqual([16, 8, 4, 4, 4, 4]);
    expect((await embedder.embed(faces(10))).map(faceBehind)).toEqual(range(0, 10));
    expect(sizes()).toEqual([4, 4, 2]);
  });

  it('of faces that do not fit alone are failures, each by itself', async () => {
    const model = new FakeModel({
      respond: (batch, run, input) => {
        if (batch > 1 || run === 4) throw new InferenceError('out_of_memory', 'no memory');
        return echo(batch, run, input);
      },
    });
    // Runs of 4, 2, 1, 1, and the one that never fits
    const results = await createEmbedder({ model }).embed(faces(4));
    expect(results.map(faceBehind)).toEqual([0, 1, 'out_of_memory', 3]);
  });

  it.each([
    ['another size', { type: 'float32', data: new Float32Array(512), dims: [2, 256] }, 'float32 [2,256]'],
    ['fewer faces', { type: 'float32', data: new Float32Array(512), dims: [1, 512] }, 'float32 [1,512]'],
    ['halves', { type: 'float16', data: new Uint16Array(1024), dims: [2, 512] }, 'float16 [2,512]'],
  ] as const)('of a run that gives %s say what was expected and found', async (_, output, found) => {
    const model = new FakeModel({ output: ['n', 'size'], respond: () => output });
    const [first, second] = await createEmbedder({ model }).embed(faces(2));
    const message = expect.stringContaining(`expected an output float32 [2, 512] but received ${found}`);
    expect([first, second]).toMatchObject(
      [1, 2].map(() => ({ ok: false, reason: 'model_mismatch', message })),
    );
  });
});

describe('refusals', () => {
  it('a face of another size, by its place, before anything runs', async () => {
    const model = new FakeModel();
    const embed = createEmbedder({ model }).embed([faceOf(1), new Uint8Array(112 * 112)]);
    await expect(embed).rejects.toThrow(EmbedderError);
    await expect(embed).rejects.toThrow(/^faces\[1\]: expected 37632 bytes .* but received 12544$/);
    expect(model.runs).toHaveLength(0);
  });

  it.each([
    [{ maxRunSize: 0 }, /^maxRunSize: .*received 0/],
    [{ maxRunSize: 17 }, /^maxRunSize: .*received 17/],
    [{ maxRunSize: 1.5 }, /^maxRunSize: .*received 1.5/],
    [{ runSize: 4 }, /runSize/],
  ])('the options %j', (given, message) => {
    expect(() => createEmbedder({ model: new FakeModel(), ...given })).toThrow(message);
    expect(Object.isFrozen(defaultEmbedderOptions)).toBe(true);
  });

  it('a model that gives embeddings of another size, at once', () => {
    expect(() => createEmbedder({ model: new FakeModel({ output: ['n', 256] }) })).toThrow(
      /-> float32 or float16 \[n, 512\] but found .*\["n",256\]/,
    );
  });
});

describe('an aborted signal', () => {
  it('ends with its reason before the next run', async () => {
    const controller = new AbortController();
    const reason = new Error('stop');
    const model = new FakeModel({
      respond: (batch, run, input) => {
        controller.abort(reason);
        return echo(batch, run, input);
      },
    });
    const { signal } = controller;
    await expect(createEmbedder({ model }).embed(faces(17), { signal })).rejects.toBe(reason);
    expect(model.runs).toHaveLength(1);
  });

  it('is no failure of the run that it ends', async () => {
    const controller = new AbortController();
    const reason = new Error('stop');
    const model = new FakeModel({
      respond: () => {
        controller.abort(reason);
        throw new Error('interrupted');
      },
    });
    const { signal } = controller;
    await expect(createEmbedder({ model }).embed(faces(2), { signal })).rejects.toBe(reason);
  });
});

describe('embeddingSpace', () => {
  const space = (setup: ConstructorParameters<typeof FakeModel>[0] = {}): string =>
    createEmbedder({ model: new FakeModel(setup) }).embeddingSpace;

  it('stays what it is, since stored embeddings carry it', () => {
    expect(space()).toBe('0123456789abcdef-fp32-rgb-centred-arcface112');
    expect(space()).toBe(space());
    expect(space({ input: [4, 3, 112, 112] })).toBe(space());
  });

  it.each([
    ['hash of the model', { sha256: 'f'.repeat(64) }],
    ['precision', { precision: 'fp16' }],
    ['scale of the pixels', { pixels: scaled(['Sub', 'Mul'], 1 / 127.5, -1) }],
    ['order of the channels', { sidecar: { pixels: 'bgr 127.5 127.5' } }],
  ])('changes with the %s', (_, setup) => expect(space(setup)).not.toBe(space()));
});
