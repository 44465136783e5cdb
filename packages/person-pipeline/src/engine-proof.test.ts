import { fileURLToPath } from 'node:url';
import { silentLogger } from '@trinetra/contracts';
import {
  createInferenceRuntime,
  InferenceError,
  type InferenceModel,
  type InferenceRuntime,
} from '@trinetra/inference-runtime';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createEngineProof, type EngineProof } from './engine-proof.ts';

const path = fileURLToPath(new URL('../../../tools/demo-models/models/demo-arcface.onnx', import.meta.url));
let runtime: InferenceRuntime;
let real: InferenceModel;
beforeAll(async () => {
  runtime = await createInferenceRuntime({ intraOpThreads: 1 });
  real = await runtime.loadModel(path);
});
afterAll(() => runtime.close());

/** The real model, as another provider would run it, with answers that can be spoilt: a broken GPU cannot be had. */
function spoilable(): {
  model: InferenceModel;
  spoil: (how: 'not' | 'wrong' | 'failing' | 'displaced') => void;
} {
  let how = 'not';
  return {
    spoil: (next) => {
      how = next;
    },
    model: {
      info: { ...real.info, provider: 'cuda' },
      run: async (feeds, options) => {
        if (how === 'displaced') throw new InferenceError('not_begun', 'run it again', { retryable: true });
        if (how === 'failing') throw new InferenceError('run_failed', 'CUDNN_STATUS_EXECUTION_FAILED');
        const result = await real.run(feeds, options);
        if (how === 'wrong') {
          for (const { data } of Object.values(result.outputs))
            if (data instanceof Float32Array) data.reverse();
        }
        return result;
      },
      close: () => real.close(),
      [Symbol.asyncDispose]: () => real.close(),
    },
  };
}

async function proofOf(
  model: InferenceModel,
  intervalMs = 3_600_000,
): Promise<{ proof: EngineProof; proven: ReturnType<typeof vi.fn> }> {
  const proven = vi.fn();
  const proof = await createEngineProof({
    models: {
      embedder: { model, picture: { range: [-1, 1], size: { width: 112, height: 112 } }, batch: 4 },
    },
    intervalMs,
    observer: { engineProven: proven },
    logger: silentLogger,
  });
  return { proof, proven };
}

describe('the proof of an engine', () => {
  it('is not there before it was asked for', async () => {
    await using proof = (await proofOf(spoilable().model)).proof;
    expect(proof.check()).toEqual({ ok: false, detail: { embedder: 'not proven yet' } });
  });

  it('passes where the model gives what its .onnx gives in full precision on the CPU', async () => {
    const { proof, proven } = await proofOf(spoilable().model);
    await using _ = proof;
    expect(await proof.prove()).toBe(true);
    expect(proof.check()).toEqual({ ok: true });
    expect(proven.mock.calls).toEqual([['embedder', true, expect.closeTo(1, 5)]]);
  });

  it('is lost when answers go wrong, and comes back with them, again and again', async () => {
    const { model, spoil } = spoilable();
    const { proof, proven } = await proofOf(model, 5);
    await using _ = proof;
    await proof.prove();
    proof.start();
    spoil('wrong');
    await vi.waitFor(() => expect(proof.check().ok).toBe(false), 10_000);
    expect(JSON.stringify(proof.check())).toMatch(/cosine/);
    expect(proven.mock.calls.at(-1)?.[1]).toBe(false);
    spoil('failing');
    await vi.waitFor(() => expect(proof.check().detail).toEqual({ embedder: 'run_failed' }), 10_000);
    spoil('not');
    await vi.waitFor(() => expect(proof.check()).toEqual({ ok: true }), 10_000);
  });

  it('is kept where a run could not be had, and not given for one', async () => {
    const { model, spoil } = spoilable();
    const { proof } = await proofOf(model);
    await using _ = proof;
    spoil('displaced');
    expect(await proof.prove()).toBe(false);
    spoil('not');
    expect(await proof.prove()).toBe(true);
    spoil('displaced');
    expect(await proof.prove()).toBe(true);
  });

  it('asks no more once it is closed', async () => {
    const { model } = spoilable();
    const { proof, proven } = await proofOf(model, 1);
    proof.start();
    await vi.waitFor(() => expect(proven).toHaveBeenCalled(), 10_000);
    await proof[Symbol.asyncDispose]();
    const calls = proven.mock.calls.length;
    await proof.prove();
    expect(proven.mock.calls.length).toBe(calls);
  });
});
