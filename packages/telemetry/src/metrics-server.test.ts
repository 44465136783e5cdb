import { once } from 'node:events';
import { connect } from 'node:net';
import { Gauge, Registry } from 'prom-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRecordingLogger } from '../test/recording-logger.ts';
import { createMetricsServer, type MetricsServer, type MetricsServerOptions } from './metrics-server.ts';
import { createReadiness } from './readiness.ts';

async function serverOf(
  options: Partial<MetricsServerOptions> = {},
): Promise<{ server: MetricsServer; get: (path: string, init?: RequestInit) => Promise<Response> }> {
  const registry = options.registry ?? new Registry();
  const server = await createMetricsServer({ host: '127.0.0.1', port: 0, registry, ...options });
  onTestFinished(() => server.close());
  return { server, get: (path, init) => fetch(`http://127.0.0.1:${server.port}${path}`, init) };
}

const hang = (): Promise<never> => new Promise(() => undefined);

describe('/metrics', () => {
  it('serves the registry as Prometheus text', async () => {
    const registry = new Registry();
    new Gauge({ name: 'answer', help: 'of everything', registers: [registry] }).set(42);
    const { get } = await serverOf({ registry });
    const response = await get('/metrics?x=1');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toBe('# HELP answer of everything\n# TYPE answer gauge\nanswer 42\n');
  });

  it('says no more than that it failed; the log says why', async () => {
    const { logger, lines } = createRecordingLogger();
    const registry = new Registry();
    const collect = (): void => {
      throw new Error('secret reason');
    };
    new Gauge({ name: 'broken', help: 'x', registers: [registry], collect });
    const { get } = await serverOf({ registry, logger });
    const response = await get('/metrics');
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('{"error":"internal error"}\n');
    expect(lines[0]?.fields).toMatchObject({ path: '/metrics', err: { message: 'secret reason' } });
    expect((await get('/health')).status).toBe(200);
  });
});

describe('/health', () => {
  it('is 200 with what the process adds', async () => {
    const { get } = await serverOf({ health: () => ({ uptime: 3, status: 'ignored' }) });
    const response = await get('/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ uptime: 3, status: 'alive' });
  });

  it('stays 200 when nothing is ready and its own fields cannot be had', async () => {
    const { get } = await serverOf({
      health: () => {
        throw new Error('x');
      },
      ready: hang,
      readyTimeoutMs: 20,
    });
    expect((await get('/ready')).status).toBe(503);
    const response = await get('/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'alive' });
  });
});

describe('/ready', () => {
  it('is 200 when every dependency is ok', async () => {
    const ready = createReadiness({
      redis: () => true,
      models: async () => ({ ok: true, detail: { provider: 'cpu' } }),
    });
    const { get } = await serverOf({ ready });
    const response = await get('/ready');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      ready: true,
      checks: { redis: { ok: true }, models: { ok: true, detail: { provider: 'cpu' } } },
    });
  });

  it('is 503 and names what is not ok, what threw and what did not answer; no stacks, no passwords', async () => {
    let aborted = false;
    const ready = createReadiness(
      {
        fine: () => true,
        no: () => false,
        thrower: () => {
          throw new Error('lost redis://:hush@cache');
        },
        error: () => ({ ok: false, detail: new Error('deep') }),
        silent: (signal) => {
          signal.addEventListener('abort', () => {
            aborted = true;
          });
          return hang();
        },
      },
      { timeoutMs: 30 },
    );
    const { get } = await serverOf({ ready });
    const response = await get('/ready');
    expect(response.status).toBe(503);
    const text = await response.text();
    expect(JSON.parse(text)).toEqual({
      ready: false,
      checks: {
        fine: { ok: true },
        no: { ok: false },
        thrower: { ok: false, detail: 'lost redis://:***@cache' },
        error: { ok: false, detail: { type: 'Error', message: 'deep' } },
        silent: { ok: false, detail: 'no answer within 30 ms' },
      },
    });
    expect(text).not.toMatch(/\.ts:\d|hush/);
    expect(aborted).toBe(true);
  });

  it('is 503 when the question itself fails', async () => {
    const { logger, lines } = createRecordingLogger();
    const { get } = await serverOf({ ready: () => Promise.reject(new Error('closed')), logger });
    const response = await get('/ready');
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      ready: false,
      checks: { ready: { ok: false, detail: 'closed' } },
    });
    expect(lines).toHaveLength(1);
  });

  it('asks once for probes that come together, and again for later ones', async () => {
    let asked = 0;
    let answer = (): void => undefined;
    const ready = (): Promise<{ ready: boolean; checks: Record<string, never> }> => {
      asked += 1;
      return new Promise((resolve) => {
        answer = () => resolve({ ready: true, checks: {} });
      });
    };
    const { get, server } = await serverOf({ ready });
    // Two requests in one write: both have arrived when the first one is asked.
    const socket = connect(server.port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString();
    });
    socket.write('GET /ready HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2));
    await expect.poll(() => asked, { timeout: 10_000 }).toBe(1);
    answer();
    await expect.poll(() => received.match(/HTTP\/1\.1 200/g), { timeout: 10_000 }).toHaveLength(2);
    expect(asked).toBe(1);
    const later = get('/ready');
    await expect.poll(() => asked, { timeout: 10_000 }).toBe(2);
    answer();
    expect((await later).status).toBe(200);
  });
});

describe('the server', () => {
  it.each(['/', '/metricsx', '/metrics/', '/constructor', '//health'])('answers 404 to %s', async (path) => {
    const { get } = await serverOf();
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: 'not found' });
  });

  it.each(['POST', 'PUT', 'DELETE'])('answers 405 to %s and says what it takes', async (method) => {
    const { get } = await serverOf();
    const response = await get('/metrics', { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });

  it('answers HEAD without a body', async () => {
    const { get } = await serverOf();
    const response = await get('/health', { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });

  it('says which address it could not have', async () => {
    const { server } = await serverOf();
    await expect(
      createMetricsServer({ host: '127.0.0.1', port: server.port, registry: new Registry() }),
    ).rejects.toMatchObject({
      code: 'listen_failed',
      message: `metrics server on 127.0.0.1:${server.port}: the port is in use`,
    });
  });

  it('refuses bad options', async () => {
    await expect(createMetricsServer({ port: 70_000, registry: new Registry() })).rejects.toThrow(
      /^metricsServer\.port: /,
    );
  });

  it('closes with idle and hanging connections open, twice', async () => {
    const { server, get } = await serverOf({ ready: hang, readyTimeoutMs: 60_000 });
    await (await get('/health')).text();
    const hanging = get('/ready').catch((error: unknown) => error);
    const silent = connect(server.port, '127.0.0.1');
    silent.on('error', () => undefined);
    await once(silent, 'connect');
    await Promise.all([server.close(), server.close()]);
    expect(await hanging).toBeInstanceOf(Error);
    silent.destroy();
    await expect(get('/health')).rejects.toThrow();
  });

  it('tells browsers to make nothing of its answers', async () => {
    const { get } = await serverOf();
    for (const path of ['/metrics', '/health', '/ready', '/nothing']) {
      const { headers } = await get(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
    }
  });

  it.each([
    ['never ends its headers', 'GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: '],
    ['never ends its body', 'POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n'],
    ['says nothing', ''],
  ])('hangs up on a client that %s', async (_what, text) => {
    const { server } = await serverOf();
    const socket = connect(server.port, '127.0.0.1').resume();
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    socket.write(text);
    // A byte now and then does not keep the connection.
    const drip = setInterval(() => socket.writable && text !== '' && socket.write('a'), 500);
    onTestFinished(() => clearInterval(drip));
    // It may be cut in the middle of what is written: an error before the close.
    const limit = AbortSignal.timeout(20_000);
    await once(socket, 'close', { signal: limit }).catch(() => undefined);
    expect(limit.aborted || !socket.destroyed).toBe(false);
  });

  it('refuses headers and addresses that are too long, in one line', async () => {
    const { get } = await serverOf();
    const long = await get(`/${'a'.repeat(20_000)}`);
    expect(long.status).toBe(431);
    expect(await long.text()).toBe('');
    expect((await get('/health', { headers: { 'x-long': 'a'.repeat(20_000) } })).status).toBe(431);
    expect((await get('/health')).status).toBe(200);
  });

  it('answers probes at once while idle connections fill it, and holds no more than 64', async () => {
    const { server, get } = await serverOf();
    const sockets = Array.from({ length: 200 }, () => connect(server.port, '127.0.0.1').resume());
    onTestFinished(() => sockets.forEach((socket) => void socket.destroy()));
    let closed = 0;
    for (const socket of sockets) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        closed += 1;
      });
    }
    await expect.poll(() => closed, { timeout: 4000 }).toBe(200 - 64);
    for (const path of ['/health', '/ready', '/metrics']) {
      const answer = await get(path, { headers: { connection: 'close' }, signal: AbortSignal.timeout(1000) });
      expect(answer.status).toBe(200);
    }
  });

  it('closes no connection whose answer is under way, and refuses new ones then', async () => {
    let asked = 0;
    let answer: (text: string) => void = () => undefined;
    const text = new Promise<string>((resolve) => {
      answer = resolve;
    });
    const metrics = (): Promise<string> => {
      asked += 1;
      return text;
    };
    const { server, get } = await serverOf({
      registry: { contentType: new Registry().contentType, metrics },
    });
    const answers = Array.from({ length: 64 }, async () => {
      const socket = connect(server.port, '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      const [data] = await once(socket, 'data');
      return String(data).split('\r\n', 1)[0];
    });
    await expect.poll(() => asked, { timeout: 10_000 }).toBe(64);
    await expect(get('/health')).rejects.toThrow();
    answer('x 1\n');
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['HTTP/1.1 200 OK']));
    await expect
      .poll(async () => (await get('/health').catch(() => undefined))?.status, { timeout: 10_000 })
      .toBe(200);
  });
});
