import { once } from 'node:events';
import { get, request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkered, entryOf, eventOf } from './frames.ts';
import { noOutcomes, setCameras, setUnread, startTestStack } from './test-stack.ts';

/** Asks with headers that fetch does not let one set. */
async function ask(url: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
  const sent = request(url, { headers, method }).end();
  const [response] = await once(sent, 'response');
  response.resume();
  return response.statusCode;
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited 30 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Follows /events; `next` resolves to the next snapshot. */
async function watch(url: string) {
  const sent = get(`${url}events`);
  const [response] = await once(sent, 'response');
  let text = '';
  let taken = 0;
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    text += chunk;
  });
  response.on('error', () => undefined); // tests cut it
  return {
    status: response.statusCode,
    close: () => sent.destroy(),
    next: async () => {
      const lines = (): string[] => text.split('\n').filter((line) => line.startsWith('data: '));
      await until('a snapshot', () => lines().length > taken && text.endsWith('\n\n'));
      taken = lines().length;
      return JSON.parse(lines().at(-1)?.slice(6) ?? '');
    },
  };
}

describe('the files of the page', () => {
  it('are served with a policy that lets nothing in from elsewhere', async () => {
    await using testStack = await startTestStack();
    const response = await fetch(testStack.page.url);
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self';/,
    );
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const html = await response.text();
    expect(html).toContain('<h1>Inference worker</h1>');
    const files = [...html.matchAll(/(?:href|src)="([\w.-]+)"/g)].map(([, name]) => name);
    expect(files.length).toBeGreaterThan(4);
    for (const file of files) expect((await fetch(`${testStack.page.url}${file}`)).status).toBe(200);
    expect(html).not.toMatch(/https?:\/\//);
  });

  it('are not sent again where they have not changed', async () => {
    await using testStack = await startTestStack();
    const etag = (await fetch(testStack.page.url)).headers.get('etag') ?? '';
    expect((await fetch(testStack.page.url, { headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  it('are all there is: no other path or method', async () => {
    await using testStack = await startTestStack();
    for (const path of ['tsconfig.json', '../package.json', '..%2fpackage.json', 'constructor']) {
      expect((await fetch(`${testStack.page.url}${path}`)).status).toBe(404);
    }
    expect(await ask(testStack.page.url, {}, 'POST')).toBe(405);
    expect(await ask(`${testStack.page.url}events`, {}, 'HEAD')).toBe(405);
  });
});

describe('who may ask', () => {
  it('answers to names of this machine only, so that no foreign name can be pointed here', async () => {
    await using testStack = await startTestStack();
    expect(await ask(testStack.page.url, { host: 'evil.example' })).toBe(403);
    expect(await ask(testStack.page.url, { host: 'localhost:1' })).toBe(200);
    expect(await ask(testStack.page.url, { host: '[::1]:1' })).toBe(200);
  });

  it('refuses scripts of other sites, and lets a link to the page work', async () => {
    await using testStack = await startTestStack();
    expect(await ask(`${testStack.page.url}pictures`, { 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await ask(`${testStack.page.url}pictures`, { 'sec-fetch-site': 'same-site' })).toBe(403);
    expect(await ask(`${testStack.page.url}pictures`, { 'sec-fetch-site': 'same-origin' })).toBe(200);
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect(await ask(testStack.page.url, link)).toBe(200);
  });
});

describe('/events', () => {
  it('reads metrics once an interval only while somebody looks', async () => {
    await using testStack = await startTestStack({ intervalMs: 100 });
    expect(testStack.metricsRead()).toBe(0);
    const viewer = await watch(testStack.page.url);
    await viewer.next();
    await viewer.next();
    viewer.close();
    let before = -1;
    await until('the reading to stop', async () => {
      before = testStack.metricsRead();
      await new Promise((resolve) => setTimeout(resolve, 300));
      return testStack.metricsRead() === before;
    });
    expect(before).toBeGreaterThan(1);
  });

  it('tells of an engine that could not be used, and not that a machine has no GPU for a plain model', async () => {
    await using testStack = await startTestStack();
    const { telemetry } = testStack;
    telemetry.fallback('detector', 'engine@tensorrt', 'onnx@tensorrt', 'provider_missing');
    telemetry.fallback('detector', 'onnx@tensorrt', 'onnx@cpu', 'provider_missing');
    telemetry.fallback('face', 'onnx@cuda', 'onnx@cpu', 'gpu_missing');
    telemetry.fallback('embedder', 'onnx@cuda', 'onnx@cpu', 'out_of_memory');
    const viewer = await watch(testStack.page.url);
    const { fallbacks } = await viewer.next();
    viewer.close();
    expect(fallbacks).toEqual([
      { model: 'detector', to: 'onnx@tensorrt', reason: 'provider_missing' },
      { model: 'embedder', to: 'onnx@cpu', reason: 'out_of_memory' },
    ]);
  });

  it('sends what /metrics says, with rates from the second snapshot on', async () => {
    await using testStack = await startTestStack();
    setUnread(testStack.telemetry, { a: [7, 1.5], b: [2, 9] });
    const viewer = await watch(testStack.page.url);
    expect(await viewer.next()).toMatchObject({
      totals: { fps: null, unread: 9, oldestUnreadAgeSeconds: 9 },
      pictures: 'none',
    });
    for (let index = 0; index < 10; index += 1) testStack.telemetry.frameProcessed('a');
    testStack.telemetry.frameDropped('b', 'corrupt');
    let snapshot = await viewer.next();
    while (snapshot.totals.processed < 10) snapshot = await viewer.next();
    expect(snapshot.totals.fps).toBeCloseTo(10 / snapshot.windowSeconds, 6);
    expect(snapshot.drops).toEqual([{ reason: 'corrupt', count: 1 }]);
    expect(snapshot.cameras).toMatchObject([
      { id: 'a', processed: 10, unread: 7, dropped: 0 },
      { id: 'b', processed: 0, unread: 2, dropped: 1, oldestUnreadAgeSeconds: 9 },
    ]);
    viewer.close();
  });

  it('shows no camera whose stream is gone, and keeps what it did in the totals', async () => {
    await using testStack = await startTestStack();
    testStack.telemetry.frameProcessed('a');
    setUnread(testStack.telemetry, { a: [0, 0], b: [2, 9] }, { gone: ['a'] });
    const viewer = await watch(testStack.page.url);
    const { cameras, totals } = await viewer.next();
    viewer.close();
    expect(cameras).toMatchObject([{ id: 'b' }]);
    expect(totals).toMatchObject({ processed: 1, unread: 2 });
  });

  it('tells what arrives, what is inferred and what is published apart, and which cameras wait for the sink', async () => {
    await using testStack = await startTestStack({ windowMs: 3_600_000 });
    const { telemetry } = testStack;
    setCameras(telemetry, { a: { delivered: 10 }, b: { delivered: 10 }, c: {} });
    const viewer = await watch(testStack.page.url);
    await viewer.next();
    testStack.setState({
      ready: false,
      parts: [
        { kind: 'redis', name: 'Redis', ok: true },
        { kind: 'sink', name: 'Kafka', ok: false, note: 'no broker' },
      ],
    });
    for (let index = 0; index < 6; index += 1) telemetry.frameInferred('a');
    telemetry.frameProcessed('a');
    telemetry.frameDropped('a', 'publish_too_large');
    telemetry.eventsWaiting(4);
    setCameras(telemetry, {
      a: { delivered: 16, unread: 4 },
      b: { delivered: 20, outcomes: { ...noOutcomes, corrupt: 8, published: 2 } },
      c: {},
    });
    let snapshot = await viewer.next();
    while (snapshot.totals.eventsWaiting !== 4 || snapshot.state.ready) snapshot = await viewer.next();
    viewer.close();
    const [a, b, c] = snapshot.cameras;
    const frames = (rate: number): number => rate * snapshot.windowSeconds;
    expect(frames(a.arrivingFps)).toBeCloseTo(10, 6);
    expect(frames(a.inferredFps)).toBeCloseTo(6, 6);
    expect(frames(a.fps)).toBeCloseTo(1, 6);
    expect(a).toMatchObject({ state: 'waiting', eventsWaiting: 4, note: '4 events wait in memory' });
    expect(b).toMatchObject({ state: 'corrupt', note: '80 % cannot be read' });
    expect(c).toMatchObject({ state: 'new' });
    expect(frames(snapshot.totals.arrivingFps)).toBeCloseTo(20, 6);
    expect(snapshot.problems.map(({ id }: { id: string }) => id)).toEqual(['sink', 'corrupt', 'lostEvents']);
    expect(snapshot.sinkName).toBe('Kafka');
  });

  it('says that it does not know what waits in Redis while Redis does not answer', async () => {
    await using testStack = await startTestStack();
    setUnread(testStack.telemetry, { a: [0, 0] });
    testStack.setState({ ready: false, parts: [{ kind: 'redis', name: 'Redis', ok: false }] });
    const viewer = await watch(testStack.page.url);
    await viewer.next();
    const { totals, cameras, problems } = await viewer.next();
    viewer.close();
    expect(totals).toMatchObject({ unread: null, oldestUnreadAgeSeconds: null, arrivingFps: null });
    expect(cameras).toMatchObject([{ state: 'unknown', unread: null, arrivingFps: null }]);
    expect(problems[0].id).toBe('redis');
  });

  it('tells percentiles of the events that it was told of, within 10 % of the truth', async () => {
    await using testStack = await startTestStack({ windowMs: 3_600_000 });
    const viewer = await watch(testStack.page.url);
    await viewer.next();
    for (let index = 0; index < 200; index += 1) testStack.page.published('a', 12.5 + index * 0.0085);
    let snapshot = await viewer.next();
    while (snapshot.endToEnd.count < 200) snapshot = await viewer.next();
    viewer.close();
    expect(Math.abs(snapshot.endToEnd.p95 - 14.1)).toBeLessThan(1.41);
  });

  it('says that the worker is not ready where it does not say how it is', async () => {
    await using testStack = await startTestStack({ state: () => Promise.reject(new Error('x')) });
    const viewer = await watch(testStack.page.url);
    expect(await viewer.next()).toMatchObject({
      state: { ready: false, parts: [{ name: 'Worker', ok: false }] },
    });
    viewer.close();
  });

  it('has room for so many viewers, and for the next once one has gone', async () => {
    await using testStack = await startTestStack({ maxViewers: 2 });
    const first = await watch(testStack.page.url);
    const second = await watch(testStack.page.url);
    expect((await watch(testStack.page.url)).status).toBe(503);
    first.close();
    let third = await watch(testStack.page.url);
    await until('room', async () => {
      if (third.status !== 200) third = await watch(testStack.page.url);
      return third.status === 200;
    });
    expect((await third.next()).worker.id).toBe('worker-1');
    second.close();
    third.close();
  });
});

describe('/history', () => {
  it('gives the last hour of all cameras or of one to the page alone, without points at the start', async () => {
    await using testStack = await startTestStack();
    const response = await fetch(`${testStack.page.url}history`);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toMatchObject({ atMs: [], points: { unread: [], p95Seconds: [] } });
    const ofCamera = await fetch(`${testStack.page.url}history?camera=a`);
    expect(await ofCamera.json()).toMatchObject({ atMs: [] });
    expect(await ask(`${testStack.page.url}history`, { 'sec-fetch-site': 'cross-site' })).toBe(403);
  });
});

describe('/pictures', () => {
  it('has none without a viewer, and none where pictures are off', async () => {
    const picture = await checkered(64, 64, []);
    const event = eventOf('a', []);
    for (const [showFrames, watched] of [
      [true, false],
      [false, true],
    ] as const) {
      await using testStack = await startTestStack({ showFrames });
      const viewer = watched ? await watch(testStack.page.url) : undefined;
      for (let index = 0; index < 3; index += 1) {
        const response = await fetch(`${testStack.page.url}pictures?camera=a&have=`);
        expect((await response.arrayBuffer()).byteLength).toBe(0);
        testStack.page.offer(entryOf('a', picture), event);
      }
      viewer?.close();
    }
  });

  it('gives the picture of a camera that is looked at', async () => {
    await using testStack = await startTestStack({ showFrames: true });
    const viewer = await watch(testStack.page.url);
    const picture = await checkered(64, 64, []);
    let length = 0;
    await until('a picture', async () => {
      const response = await fetch(`${testStack.page.url}pictures?camera=a&have=`);
      length = (await response.arrayBuffer()).byteLength;
      testStack.page.offer(entryOf('a', picture), eventOf('a', []));
      return length > 0;
    });
    expect(length).toBeGreaterThan(200);
    viewer.close();
  });
});

describe('createStatusPage', () => {
  it('says which option is wrong', async () => {
    await expect(startTestStack({ intervalMs: 1, port: 70_000 })).rejects.toThrow(
      /^statusPage\.port: .*statusPage\.intervalMs: /,
    );
  });

  it('says that a port is in use', async () => {
    await using testStack = await startTestStack();
    await expect(startTestStack({ port: Number(new URL(testStack.page.url).port) })).rejects.toThrow(
      /^status page on 127\.0\.0\.1:\d+: the port is in use$/,
    );
  });

  it('warns where frames are shown beyond this machine', async () => {
    const lines: string[] = [];
    const ignore = (): void => undefined;
    const warn = (_: unknown, message: string): void => void lines.push(message);
    await using _world = await startTestStack({
      host: '0.0.0.0',
      showFrames: true,
      logger: { debug: ignore, info: ignore, warn, error: ignore },
    });
    expect(lines).toEqual(['the status page shows frames to everybody who can reach this address']);
  });
});

describe('slow clients', () => {
  it.each([
    ['never ends its headers', 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ', 5],
    ['never ends its body', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n', 10],
    ['says nothing', '', 5],
  ])('are cut soon: one that %s', async (_what, text, seconds) => {
    await using testStack = await startTestStack();
    const socket = connect(Number(new URL(testStack.page.url).port), '127.0.0.1').resume();
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    socket.write(text);
    // A byte now and then does not keep the connection.
    const drip = setInterval(() => socket.writable && text !== '' && socket.write('a'), 500);
    onTestFinished(() => clearInterval(drip));
    // Node looks every second; 4 more are for a busy machine.
    // It may be cut in the middle of what is written: an error before the close.
    const limit = AbortSignal.timeout((seconds + 5) * 1000);
    await once(socket, 'close', { signal: limit }).catch(() => undefined);
    expect(limit.aborted || !socket.destroyed).toBe(false);
  });
});
