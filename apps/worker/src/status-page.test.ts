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
      { name: 'Models', ok: true, note: undefined },
      { name: 'Inference', ok: false, note: 'detector failed 7 times in a row: out_of_memory' },
      { name: 'Redis', ok: true, note: undefined },
      { name: 'Kafka', ok: false, note: 'No broker' },
    ],
  });
});

it('says that the models are loading', () => {
  const checks = { models: { ok: false, detail: 'loading' } };
  expect(stateOf({ ready: false, checks }, 'Kafka').parts).toEqual([
    { name: 'Models', ok: false, note: 'loading' },
  ]);
});
