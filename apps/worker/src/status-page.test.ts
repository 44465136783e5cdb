import { expect, it } from 'vitest';
import { stateOf } from './status-page.ts';

it('puts the answer of /ready into words', () => {
  const checks = {
    models: { ok: true, detail: { detector: { provider: 'cpu', precision: 'fp32', sha256: 'x' } } },
    inference: { ok: false, detail: { detector: { failures: 7, reason: 'out_of_memory' } } },
    redis: { ok: true },
    sink: {
      ok: false,
      detail: { waiting: { events: 3, bytes: 9 }, reason: 'unreachable', message: 'No broker' },
    },
  };
  expect(stateOf({ ready: false, checks }, 'Kafka')).toEqual({
    ready: false,
    parts: [
      { kind: 'models', name: 'Models', ok: true, note: undefined },
      {
        kind: 'inference',
        name: 'Inference',
        ok: false,
        note: 'detector failed 7 times in a row: out_of_memory',
      },
      { kind: 'redis', name: 'Redis', ok: true, note: undefined },
      { kind: 'sink', name: 'Kafka', ok: false, note: 'No broker' },
    ],
  });
});

it('says that the models are loading', () => {
  const checks = { models: { ok: false, detail: 'loading' } };
  expect(stateOf({ ready: false, checks }, 'Kafka').parts).toEqual([
    { kind: 'models', name: 'Models', ok: false, note: 'loading' },
  ]);
});

it('names the partitions that take nothing, and what is wrong with an engine once it was tried', () => {
  const checks = {
    engine: { ok: false, detail: { detector: 'not proven yet', embedder: 'cosine 0.2' } },
    sink: { ok: false, detail: { reason: 'unreachable', message: 'No broker', partitions: [1, 4] } },
  };
  expect(stateOf({ ready: false, checks }, 'Kafka').parts).toEqual([
    {
      kind: 'engine',
      name: 'Engines proven',
      ok: false,
      note: 'detector: not proven yet; embedder: cosine 0.2',
    },
    { kind: 'sink', name: 'Kafka', ok: false, note: 'No broker', partitions: [1, 4] },
  ]);
  const untried = { engine: { ok: false, detail: { detector: 'not proven yet' } } };
  expect(stateOf({ ready: false, checks: untried }, 'Kafka').parts[0]?.note).toBe('not proven yet');
});
