import { expect, it } from 'vitest';
import { type Check, createReadiness } from './readiness.ts';

it('asks checks that were added or replaced later, too: parts come up one after the other', async () => {
  const checks: Record<string, Check> = { models: () => ({ ok: false, detail: 'loading' }) };
  const ready = createReadiness(checks);
  expect(await ready()).toEqual({ ready: false, checks: { models: { ok: false, detail: 'loading' } } });
  Object.assign(checks, { models: () => true, redis: () => true });
  expect(await ready()).toEqual({ ready: true, checks: { models: { ok: true }, redis: { ok: true } } });
});
