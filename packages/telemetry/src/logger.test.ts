import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createLogger, type StructuredLogger } from './logger.ts';

function loggerOf(level: 'debug' | 'info' = 'debug'): { logger: StructuredLogger; text: () => string } {
  const chunks: string[] = [];
  const destination = { write: (chunk: string): void => void chunks.push(chunk) };
  const logger = createLogger({ level, name: 'test', workerId: 'w-1', destination });
  return { logger, text: () => chunks.join('') };
}

function only(text: string): Record<string, unknown> {
  expect(text.trim().split('\n')).toHaveLength(1);
  return JSON.parse(text) as Record<string, unknown>;
}

describe('createLogger', () => {
  it('writes one JSON line with who, when, how bad and what', () => {
    const { logger, text } = loggerOf();
    logger.warn({ camera_id: 'a', count: 3 }, 'slow');
    const { time, ...rest } = only(text());
    expect(rest).toEqual({
      level: 'warn',
      name: 'test',
      worker_id: 'w-1',
      camera_id: 'a',
      count: 3,
      msg: 'slow',
    });
    expect(new Date(String(time)).toISOString()).toBe(time);
  });

  it('leaves out what is below its level', () => {
    const { logger, text } = loggerOf('info');
    logger.debug({}, 'no');
    logger.info({}, 'yes');
    expect(only(text())['msg']).toBe('yes');
  });

  it.each<[string, Record<string, unknown>]>([
    ['a password', { password: 'hush' }],
    ['a nested password', { kafka: { sasl: { username: 'u', password: 'hush' } } }],
    ['a password in a list', { list: [{ redisPassword: 'hush' }] }],
    ['a URL', { url: 'redis://:hush@cache' }],
    ['a URL object', { url: new URL('redis://u:hush@cache') }],
    ['an error', { err: new Error('cannot reach redis://:hush@cache') }],
    ['the cause of an error', { err: new Error('x', { cause: new Error('amqp://a:hush@b') }) }],
    ['a field of an error', { err: Object.assign(new Error('x'), { options: { password: 'hush' } }) }],
    ['an authorization header', { headers: { authorization: 'Bearer hush' } }],
    ['a map', { settings: new Map([['KAFKA_PASSWORD', 'hush']]) }],
    ['a frame', { frame: 'hush' }],
    ['a nested frame', { entry: { frame: Buffer.from('hush') } }],
    ['an embedding', { embedding: ['hush'] }],
    ['embeddings', { event: { embeddings: [['hush']] } }],
    ['binary data of any name', { stuff: Buffer.from('hush') }],
  ])('never writes %s', (_name, fields) => {
    const { logger, text } = loggerOf();
    logger.info(fields, 'x');
    logger.child(fields).info({}, 'of a child');
    expect(text().trim().split('\n')).toHaveLength(2);
    expect(text()).not.toContain('hush');
    expect(text()).not.toContain('104,117,115,104');
  });

  it('masks messages', () => {
    const { logger, text } = loggerOf();
    logger.error({}, 'lost redis://:hush@cache');
    expect(only(text())['msg']).toBe('lost redis://:***@cache');
  });

  it('keeps the useful part of an error, and short lists', () => {
    const { logger, text } = loggerOf();
    const err = Object.assign(new TypeError('boom', { cause: 'why' }), { code: 'E_X' });
    logger.error({ err, boxes: [1, 2], tokens: 4, at: new Date(0), big: 10n }, 'x');
    const line = only(text());
    expect(line['err']).toMatchObject({ type: 'TypeError', message: 'boom', code: 'E_X', cause: 'why' });
    expect(line['err']).toHaveProperty('stack', expect.stringContaining('logger.test.ts'));
    expect(line).toMatchObject({ boxes: [1, 2], tokens: 4, at: '1970-01-01T00:00:00.000Z', big: '10' });
  });

  it('survives circles, depth, long lists and getters that throw', () => {
    const { logger, text } = loggerOf();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    let deep: Record<string, unknown> = {};
    for (let i = 0; i < 50; i += 1) deep = { deep };
    const bad = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => {
        throw new RangeError('no');
      },
    });
    logger.info({ circle, deep, bad, list: Array.from({ length: 512 }, () => 0.1) }, 'x');
    expect(only(text())).toMatchObject({
      circle: { self: '[circular]' },
      bad: { x: '[unreadable: RangeError]' },
      list: '[list of 512]',
    });
    expect(text().length).toBeLessThan(1000);
  });

  it('writes to standard error and loses no line when the process exits at once', async () => {
    const code = `import { createLogger } from ${JSON.stringify(new URL('./logger.ts', import.meta.url).href)};
      createLogger().info({ n: 1 }, 'last words'); process.exit(0);`;
    const run = promisify(execFile)(process.execPath, [
      '--conditions=@trinetra/source',
      '--input-type=module',
      '-e',
      code,
    ]);
    const { stdout, stderr } = await run;
    expect(stdout).toBe('');
    expect(only(stderr)).toMatchObject({ name: 'trinetra-worker', level: 'info', msg: 'last words' });
  });

  it('refuses a level that does not exist', () => {
    expect(() => createLogger({ level: 'loud' as 'info' })).toThrow(/^logger\.level: /);
  });
});
