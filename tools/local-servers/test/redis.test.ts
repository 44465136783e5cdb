import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type LocalRedis, startRedis } from '../src/index.ts';
import { askRedis, listeningAddresses, loopback, stateOf } from './inspect.ts';

let scratch: string;
let redis: LocalRedis;

beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'local-servers-'));
  vi.stubEnv('TMPDIR', scratch);
  redis = await startRedis();
});
afterEach(async () => {
  await redis.close();
  vi.unstubAllEnvs();
  rmSync(scratch, { recursive: true });
});

describe('a local Redis', () => {
  it('answers, and listens at loopback only', async () => {
    expect(redis.url).toBe(`redis://127.0.0.1:${redis.port}`);
    expect(await askRedis(redis.port, 'PING')).toBe('+PONG\r\n');
    expect(listeningAddresses(redis.pid)).toEqual([loopback[0]]);
  });

  it('starts again on its port, as another process, after a kill', async () => {
    const first = redis.pid;
    await redis.kill();
    expect(stateOf(first)).toBeUndefined();
    await expect(askRedis(redis.port, 'PING')).rejects.toThrow('ECONNREFUSED');
    await redis.restart();
    expect(redis.pid).not.toBe(first);
    expect(await askRedis(redis.port, 'PING')).toBe('+PONG\r\n');
  });

  it('is stopped while it is paused, and answers what came meanwhile once it is resumed', async () => {
    redis.pause();
    await vi.waitFor(() => expect(stateOf(redis.pid)).toBe('T'), 10_000);
    const answer = askRedis(redis.port, 'PING');
    redis.resume();
    expect(await answer).toBe('+PONG\r\n');
  });

  it('leaves no process and no file after close, even when it is paused; closing twice is fine', async () => {
    const { pid } = redis;
    expect(readdirSync(scratch)).toHaveLength(1);
    redis.pause();
    await redis.close();
    expect(stateOf(pid)).toBeUndefined();
    expect(readdirSync(scratch)).toEqual([]);
    await redis.close();
  });

  it('does not get in the way of a second one', async () => {
    const other = await startRedis();
    try {
      await askRedis(redis.port, 'SET who first');
      expect(await askRedis(other.port, 'GET who')).toBe('$-1\r\n');
    } finally {
      await other.close();
    }
    expect(await askRedis(redis.port, 'GET who')).toBe('$5\r\nfirst\r\n');
  });
});
