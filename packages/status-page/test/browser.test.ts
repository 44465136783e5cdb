/// <reference lib="dom" />
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createStatusPage } from '../src/index.ts';
import { checkered, entryOf, eventOf } from './frames.ts';
import {
  type Browser,
  hasBrowser,
  keepOffering,
  launchBrowser,
  type Page,
  setCameras,
  setUnread,
  startTestStack,
} from './test-stack.ts';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const person = [0.25, 0.125, 0.75, 1] as [number, number, number, number];
const faceBox = [0.4, 0.2, 0.6, 0.4] as [number, number, number, number];
const landmarks = [
  [0.45, 0.27],
  [0.55, 0.27],
  [0.5, 0.31],
  [0.46, 0.35],
  [0.54, 0.35],
] as [[number, number], [number, number], [number, number], [number, number], [number, number]];
const event = eventOf('cam_01', [
  { bbox: person, confidence: 0.91, face: { bbox: faceBox, landmarks, score: 0.88 } },
]);

describe.skipIf(!hasBrowser())('the page in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  /** Opens the page; the test fails for anything that the policy forbids or the page throws. */
  async function open(
    url: string,
    options: { width?: number; scheme?: 'light' | 'dark' } = {},
  ): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width: options.width ?? 1280, height: 900 },
      colorScheme: options.scheme ?? 'light',
    });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(50_000);
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (line) => {
      // That the connection is refused while the worker is away is said by the browser itself.
      if (line.type() === 'error' && !line.text().includes('net::ERR_')) problems.push(line.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(url)) problems.push(`asked for ${request.url()}`);
    });
    onTestFinished(() => expect(problems).toEqual([]));
    await page.goto(url);
    await page.locator('body[data-live="yes"]').waitFor();
    return page;
  }

  const figure = (page: Page, name: string): Promise<string | null> =>
    page.locator(`[data-figure="${name}"]`).getAttribute('data-value');
  const ids = (page: Page): Promise<string[]> =>
    page.locator('.tile').evaluateAll((tiles) => tiles.map((tile) => tile.getAttribute('data-camera') ?? ''));

  it('shows the figures of /metrics', async () => {
    await using testStack = await startTestStack({ windowMs: 3_600_000 });
    const { telemetry } = testStack;
    setUnread(telemetry, { cam_01: [12, 6.5], cam_02: [3, 0.5] });
    telemetry.setModelInfo({
      model: 'detector',
      provider: 'cpu',
      precision: 'fp32',
      sha256: 'ab'.repeat(32),
    });
    const page = await open(testStack.page.url);
    await page.locator('[data-figure="totals.fps"]:not([data-value=""])').waitFor();
    for (let index = 1; index <= 40; index += 1) {
      telemetry.frameProcessed(index % 4 === 0 ? 'cam_02' : 'cam_01');
      testStack.page.published('cam_01', index / 100);
      telemetry.observeStage('detect', index / 1000);
    }
    telemetry.detections('cam_01', 1234);
    telemetry.frameDropped('cam_02', 'corrupt');
    telemetry.frameDropped('cam_02', 'stale');
    telemetry.frameDropped('cam_02', 'stale');
    telemetry.eventsWaiting(17);
    telemetry.publishError(2);
    telemetry.batch(0.5);
    telemetry.batch(1);
    await page.locator('[data-figure="totals.publishErrors"][data-value="2"]').waitFor();

    const metric = (line: string): Promise<number> => testStack.metric(line);
    const sum = async (...lines: string[]): Promise<number> =>
      (await Promise.all(lines.map(metric))).reduce((total, value) => total + value, 0);
    const processed = 'trinetra_worker_frames_processed_total';
    expect(Number(await figure(page, 'totals.processed'))).toBe(
      await sum(`${processed}{camera_id="cam_01"}`, `${processed}{camera_id="cam_02"}`),
    );
    const unread = 'trinetra_worker_frames_unread';
    expect(Number(await figure(page, 'totals.unread'))).toBe(
      await sum(`${unread}{camera_id="cam_01"}`, `${unread}{camera_id="cam_02"}`),
    );
    expect(Number(await figure(page, 'totals.oldestUnreadAgeSeconds'))).toBe(
      await metric('trinetra_worker_oldest_unread_age_seconds{camera_id="cam_01"}'),
    );
    expect(Number(await figure(page, 'totals.eventsWaiting'))).toBe(
      await metric('trinetra_worker_events_waiting'),
    );
    expect(Number(await figure(page, 'totals.persons'))).toBe(
      await metric('trinetra_detections_total{camera_id="cam_01"}'),
    );
    expect(Number(await figure(page, 'batchFill.mean'))).toBe(
      (await metric('trinetra_batch_fill_ratio_sum')) / (await metric('trinetra_batch_fill_ratio_count')),
    );
    // 40 observations of 0.01 .. 0.4 s: the 95th percentile is the 38th
    expect(Math.abs(Number(await figure(page, 'endToEnd.p95')) - 0.38)).toBeLessThan(0.038);
    expect(await page.locator('[data-figure="totals.persons"]').textContent()).toBe('1,234 persons');
    expect(await page.locator('#drops li').allTextContents()).toEqual(['stale2', 'corrupt1']);
    expect(await page.locator('[data-model="detector"]').textContent()).toContain('cpu · fp32');
    expect(await page.locator('[data-stage="detect"] td').first().textContent()).toMatch(/^\d+ ms$/);
    expect(await page.locator('[data-camera="cam_01"]').getAttribute('data-state')).toBe('behind');
    expect(await page.locator('#parts li').allTextContents()).toEqual(['RedisOK', 'KafkaOK']);
  });

  it('draws boxes and landmarks where the event says, over a picture whose face is blurred', async () => {
    await using testStack = await startTestStack({ showFrames: true });
    testStack.telemetry.frameProcessed('cam_01');
    const picture = await checkered(640, 360, [faceBox, [0, 0, 0.2, 0.2]]);
    await using _frames = keepOffering(testStack.page, entryOf('cam_01', picture), event);
    const page = await open(testStack.page.url);
    await page.locator('.tile.has-picture').waitFor();
    const canvas = page.locator('.tile canvas');
    const seen = await canvas.evaluate(
      (element, { box, face, points }) => {
        if (!(element instanceof HTMLCanvasElement)) throw new TypeError('expected a canvas');
        const { width, height } = element;
        const pixels = element.getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
        const at = (x: number, y: number): number[] => {
          const index = (Math.round(y * height) * width + Math.round(x * width)) * 4;
          return [...pixels.slice(index, index + 3)];
        };
        const detail = ([x1 = 0, y1 = 0, x2 = 0, y2 = 0]: number[]): number => {
          let [sum, count] = [0, 0];
          for (let y = y1 * height; y < y2 * height - 2; y += 1) {
            for (let x = x1 * width; x < x2 * width - 2; x += 1) {
              sum += Math.abs(
                (at(x / width, y / height)[0] ?? 0) - (at((x + 2) / width, y / height)[0] ?? 0),
              );
              count += 1;
            }
          }
          return sum / count;
        };
        /** How far the nearest of the pixels around a place is from a colour, 0..255. */
        const far = (x: number, y: number, colour: number[]): number =>
          Math.min(
            ...[-1, 0, 1].flatMap((dx) =>
              [-1, 0, 1].map((dy) => {
                const pixel = at(x + dx / width, y + dy / height);
                return Math.max(...pixel.map((level, index) => Math.abs(level - (colour[index] ?? 0))));
              }),
            ),
          );
        const [x1 = 0, y1 = 0, x2 = 0] = box;
        return {
          left: far(x1, 0.7, [34, 211, 238]),
          right: far(x2, 0.7, [34, 211, 238]),
          top: far(0.7, y1, [34, 211, 238]),
          face: far(face[0] ?? 0, 0.3, [250, 204, 21]),
          landmark: Math.max(...points.map(([x = 0, y = 0]) => far(x, y, [244, 114, 182]))),
          between: at(0.5, 0.7),
          // inside the face, between the landmarks, and in a corner that nobody hides
          faceDetail: detail([0.42, 0.22, 0.58, 0.25]),
          cornerDetail: detail([0, 0, 0.2, 0.2]),
        };
      },
      { box: person, face: faceBox, points: landmarks },
    );
    for (const place of ['left', 'right', 'top', 'face', 'landmark'] as const) {
      expect(seen[place], place).toBeLessThan(30);
    }
    for (const level of seen.between) expect(Math.abs(level - 128)).toBeLessThan(6);
    expect(seen.faceDetail).toBeLessThan(8);
    expect(seen.cornerDetail).toBeGreaterThan(seen.faceDetail * 2);
    expect(await canvas.getAttribute('aria-label')).toBe('Last frame of cam_01: 1 person');
  });

  it('has no pictures and asks for none where they are off', async () => {
    await using testStack = await startTestStack();
    testStack.telemetry.frameProcessed('cam_01');
    const page = await open(testStack.page.url);
    let asked = 0;
    page.on('request', (request) => {
      if (request.url().includes('pictures')) asked += 1;
    });
    await page.locator('.tile').waitFor();
    expect(await page.locator('.tile canvas').isVisible()).toBe(false);
    expect(await page.locator('#pictures-note').textContent()).toContain('SHOW_FRAMES=on');
    const before = await page.locator('#worker').textContent();
    await page.waitForFunction((text) => document.querySelector('#worker')?.textContent !== text, before);
    expect(asked).toBe(0);
  });

  it('says that the connection is lost, and goes on once the worker is back', async () => {
    await using testStack = await startTestStack();
    const page = await open(testStack.page.url);
    const port = Number(new URL(testStack.page.url).port);
    await testStack.page.close();
    const lost = page.locator('#problems [data-problem="lost"]');
    await lost
      .filter({ hasText: /The connection to the worker is lost: all below is of \d\d:\d\d:\d\d\./ })
      .waitFor();
    expect(await page.locator('#state').textContent()).toBe('Not connected');
    expect(await page.title()).toBe('⚠ Worker is gone · worker-1');
    expect(await page.locator('#announcement').textContent()).toContain(
      'The connection to the worker is lost',
    );
    for (const width of [1280, 400]) {
      await page.setViewportSize({ width, height: 800 });
      const place = await lost.boundingBox();
      expect((place?.y ?? 800) + (place?.height ?? 0)).toBeLessThan(400);
      const brand = await page.locator('.brand').boundingBox();
      const title = await page.locator('h1').boundingBox();
      expect((title?.x ?? 0) + (title?.width ?? 0)).toBeLessThanOrEqual(
        (brand?.x ?? 0) + (brand?.width ?? 0),
      );
    }
    await using _back = await createStatusPage({
      port,
      workerId: 'worker-2',
      version: '2',
      metrics: () => testStack.telemetry.registry.getMetricsAsJSON(),
      state: async () => ({
        ready: false,
        parts: [{ kind: 'sink', name: 'Kafka', ok: false, note: 'no broker answers' }],
      }),
    });
    await page.locator('#problems [data-problem="sink"]').waitFor();
    expect(await lost.count()).toBe(0);
    expect(await page.locator('#state').textContent()).toBe('Not ready: Kafka');
    expect(await page.locator('#parts li').textContent()).toBe('KafkaNot OKno broker answers');
    expect(await page.locator('#worker').textContent()).toContain('worker-2');
  });

  it.each([
    { width: 1280, height: 800 },
    { width: 390, height: 844 },
  ])(
    'names the trouble, what to do and where to read on above the fold, at $width px',
    async ({ width, height }) => {
      await using testStack = await startTestStack();
      const { telemetry } = testStack;
      setCameras(telemetry, { cam_01: { unread: 1 }, cam_02: { unread: 1 } });
      telemetry.fallback('detector', 'engine', 'onnx', 'out_of_memory');
      testStack.setState({
        ready: false,
        parts: [
          { kind: 'redis', name: 'Redis', ok: true },
          { kind: 'sink', name: 'Kafka', ok: false, note: 'no broker answers' },
        ],
      });
      const page = await open(testStack.page.url, { width });
      await page.setViewportSize({ width, height });
      for (let index = 0; index < 7; index += 1) telemetry.frameInferred('cam_02');
      telemetry.eventsWaiting(7);
      const first = page.locator('#problem-list li').first();
      await first
        .filter({ hasText: 'Kafka takes no events: 7 events of 1 camera wait in memory.' })
        .waitFor();
      expect(await first.textContent()).toContain('Start Kafka, or correct KAFKA_BOOTSTRAP_SERVERS');
      const link = first.locator('a');
      expect(await link.getAttribute('href')).toMatch(/TROUBLESHOOTING\.md#it-runs-and-ready-says-503$/);
      for (const problem of await page.locator('#problem-list li').all()) {
        const place = await problem.boundingBox();
        expect((place?.y ?? height) + (place?.height ?? 0)).toBeLessThan(height * 0.6);
      }
      expect(await page.title()).toBe('⚠ Kafka is away · 0.0 fps · worker-1');
      const tile = page.locator('[data-camera="cam_02"]');
      await page.locator('[data-camera="cam_02"][data-state="waiting"]').waitFor();
      expect(await tile.locator('.state').textContent()).toBe('waiting for Kafka');
      expect(await tile.locator('.why').textContent()).toBe('7 events wait in memory');
      expect((await ids(page))[0]).toBe('cam_02');
      expect(Number(await tile.locator('dd').nth(1).getAttribute('data-value'))).toBeGreaterThan(0);
      expect(await tile.locator('dd').nth(2).getAttribute('data-value')).toBe('0');
    },
  );

  it('shows the three worst problems and folds the others, which a click opens', async () => {
    await using testStack = await startTestStack();
    const { telemetry } = testStack;
    telemetry.fallback('detector', 'engine', 'onnx', 'out_of_memory');
    setCameras(telemetry, {
      behind: { unread: 9, oldestUnreadAgeSeconds: 60 },
      live_1: { unread: 1 },
      live_2: { unread: 1 },
    });
    testStack.setState({
      ready: false,
      parts: [
        { kind: 'redis', name: 'Redis', ok: true },
        { kind: 'sink', name: 'Kafka', ok: false },
        { kind: 'inference', name: 'Inference', ok: false },
      ],
    });
    const page = await open(testStack.page.url);
    const problems = page.locator('#problem-list li');
    await problems.nth(2).waitFor();
    expect(await problems.evaluateAll((all) => all.map((one) => one.getAttribute('data-problem')))).toEqual([
      'sink',
      'inference',
      'behind',
    ]);
    const folded = page.locator('#more-problem-list li');
    expect(await folded.isVisible()).toBe(false);
    await page.locator('summary', { hasText: '1 more problem' }).click();
    expect(await folded.locator('strong').textContent()).toBe(
      'The detector model runs on something else instead of what was asked for: out_of_memory.',
    );
  });

  it('tells a change of the worst problem to screen readers, once, and in the title', async () => {
    await using testStack = await startTestStack();
    setCameras(testStack.telemetry, { cam_01: { unread: 1 } });
    const page = await open(testStack.page.url);
    const announcement = page.locator('#announcement');
    expect(await announcement.getAttribute('role')).toBe('status');
    expect(await announcement.textContent()).toBe('');
    expect(await page.locator('#problems').isVisible()).toBe(false);
    await page.evaluate(() => {
      const said: string[] = [];
      Reflect.set(window, 'said', said);
      const place = document.querySelector('#announcement');
      if (place === null) throw new TypeError('expected an announcement');
      new MutationObserver(() => said.push(place.textContent ?? '')).observe(place, { childList: true });
    });
    testStack.setState({ ready: false, parts: [{ kind: 'redis', name: 'Redis', ok: false }] });
    await page.waitForFunction(() => document.title.startsWith('⚠ Redis is away'));
    for (const figure of ['totals.unread', 'totals.oldestUnreadAgeSeconds', 'totals.arrivingFps']) {
      expect(await page.locator(`[data-figure="${figure}"]`).textContent(), figure).toBe('–');
    }
    expect(await page.locator('#state').getAttribute('data-state')).toBe('not-ready');
    testStack.setState({ ready: true, parts: [{ kind: 'redis', name: 'Redis', ok: true }] });
    await page.waitForFunction(() => Reflect.get(window, 'said').length === 2);
    const said: string[] = await page.evaluate(() => Reflect.get(window, 'said'));
    expect(said.map((text) => text.slice(0, 23))).toEqual([
      'Redis does not answer: ',
      'No problems any more.',
    ]);
    expect(await page.title()).not.toContain('⚠');
  });

  it('is not green while everything is behind', async () => {
    await using testStack = await startTestStack();
    setUnread(testStack.telemetry, { cam_01: [60, 90], cam_02: [60, 150] });
    const page = await open(testStack.page.url);
    const state = page.locator('#state');
    await state.filter({ hasText: 'Ready, 1 problem' }).waitFor();
    expect(await state.getAttribute('data-state')).toBe('bad');
    expect(await page.locator('#problem-list strong').textContent()).toBe(
      'More frames come than the worker can take: 2 of 2 cameras are behind, by up to 2.5 min.',
    );
  });

  it.each([1280, 390])('shows names in full, whatever they begin with, at %d px', async (width) => {
    await using testStack = await startTestStack();
    const names = [
      'cam_entrance_north_building_second_floor_left_01',
      'cam_entrance_north_building_second_floor_left_02',
    ];
    setUnread(testStack.telemetry, Object.fromEntries(names.map((name) => [name, [0, 0]])));
    const page = await open(testStack.page.url, { width });
    await page.locator('.tile').nth(1).waitFor();
    for (const [index, name] of names.entries()) {
      const place = page.locator('.tile .name').nth(index);
      expect(await place.textContent()).toBe(name);
      expect(await page.locator('.tile button').nth(index).getAttribute('title')).toBe(name);
      // The last letters lie within the tile.
      const [last, tile] = await place.evaluate((element) => {
        const range = document.createRange();
        range.selectNodeContents(element);
        const rects = [...range.getClientRects()];
        return [
          rects.at(-1)?.right ?? Number.NaN,
          element.closest('.tile')?.getBoundingClientRect().right ?? 0,
        ];
      });
      expect(last).toBeLessThan(tile);
      expect(await place.evaluate((element) => getComputedStyle(element).textOverflow)).toBe('clip');
    }
  });

  it('names the trouble of 500 cameras, theirs first', async () => {
    await using testStack = await startTestStack();
    const names = Array.from({ length: 500 }, (_, index) => `cam_${index + 1}`);
    setCameras(
      testStack.telemetry,
      Object.fromEntries(
        names.map((name, index) => [
          name,
          index % 100 === 99 ? { unread: 20, oldestUnreadAgeSeconds: 60 } : { unread: 1 },
        ]),
      ),
    );
    const page = await open(testStack.page.url);
    await page.locator('.tile').nth(239).waitFor({ state: 'attached' });
    expect((await ids(page)).slice(0, 6)).toEqual([
      'cam_100',
      'cam_200',
      'cam_300',
      'cam_400',
      'cam_500',
      'cam_1',
    ]);
    expect(await page.locator('#problem-list strong').first().textContent()).toBe(
      'Frames of cam_100, cam_200, cam_300 and 2 more wait for long before they are read.',
    );
    expect(await page.locator('#camera-count').textContent()).toBe('500 of 500');
  });

  it('draws the last hour with its highest value and its span, and gaps where nothing is known', async () => {
    await using testStack = await startTestStack();
    setCameras(testStack.telemetry, { cam_01: { unread: 1 } });
    const points = (values: (number | null)[]) => ({
      arrivingFps: values,
      publishedFps: values,
      p95Seconds: values,
      unread: values,
      oldestUnreadAgeSeconds: values,
      droppedPerSecond: values,
    });
    const end = 1_771_840_000_000;
    const minutes = [40, 30, 20, 10, 0];
    const hour = {
      atMs: minutes.map((ago) => end - ago * 60_000),
      points: points([0, 150, null, 75, 0]),
    };
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const asked: string[] = [];
    await page.route(/\/history(\?|$)/, (route) => {
      asked.push(new URL(route.request().url()).search);
      return route.fulfill({ json: hour });
    });
    await page.goto(testStack.page.url);
    await page.locator('#chart-age .top', { hasText: '2.5 min' }).waitFor();
    expect(await page.locator('#chart-age .axis').textContent()).toBe('1 h agonow');
    expect(await page.locator('#chart-age svg').getAttribute('aria-label')).toBe(
      'last 60 minutes. age of the oldest unread frame: 0 ms now, at most 2.5 min',
    );
    const path = await page.locator('#chart-age path').getAttribute('d');
    expect(path?.match(/M/g)).toHaveLength(2);
    await page.locator('.tile button').click();
    await page.locator('#detail-history .top', { hasText: '150 frames' }).waitFor();
    expect(await page.locator('#detail-history h4').allTextContents()).toEqual([
      'Frames a second',
      'End to end, 95th percentile',
      'Unread frames',
      'Age of the oldest unread frame',
      'Dropped or evicted a second',
    ]);
    expect(asked).toEqual(['', '?camera=cam_01']);
  });

  it('shows hostile names as text', async () => {
    const hostile = '<img src=x onerror="document.title=1">"\'&{}';
    const metric = (name: string, label: string) => ({
      name,
      values: [{ labels: { camera_id: hostile, [label]: hostile }, value: 1 }],
    });
    await using testStack = await startTestStack({
      showFrames: true,
      workerId: hostile,
      metrics: async () => [
        metric('trinetra_worker_frames_processed_total', 'camera_id'),
        metric('trinetra_worker_frames_dropped_total', 'reason'),
        metric('trinetra_engine_info', 'model'),
        metric('trinetra_engine_fallback_total', 'model'),
        metric('trinetra_gpu_utilization_pct', 'gpu'),
      ],
      state: async () => ({
        ready: false,
        parts: [{ kind: 'sink', name: hostile, ok: false, note: hostile }],
      }),
    });
    const picture = await checkered(64, 64, []);
    await using _frames = keepOffering(testStack.page, entryOf(hostile, picture), eventOf(hostile, []));
    const page = await open(testStack.page.url);
    await page.locator('.tile.has-picture').waitFor();
    expect(await page.locator('.tile .name').first().textContent()).toBe(hostile);
    await page.locator('.tile button').first().click();
    expect(await page.locator('#detail-title').textContent()).toBe(hostile);
    expect(await page.locator('img').count()).toBe(1); // the icon in the header
    expect(await page.title()).not.toBe('1');
  });

  it('filters and sorts 200 cameras, and goes through them with the keyboard', async () => {
    await using testStack = await startTestStack();
    const names = Array.from({ length: 200 }, (_, index) => `cam_${index + 1}`);
    setUnread(
      testStack.telemetry,
      Object.fromEntries(names.map((name, index) => [name, [index % 50, index === 120 ? 30 : 0]])),
    );
    testStack.telemetry.frameDropped('cam_77', 'corrupt');
    const page = await open(testStack.page.url);
    await page.locator('.tile').nth(199).waitFor({ state: 'attached' });
    expect((await ids(page))[0]).toBe('cam_121'); // the only one that is behind
    await page.locator('#sort').selectOption('id');
    expect((await ids(page)).slice(0, 3)).toEqual(['cam_1', 'cam_2', 'cam_3']);
    await page.locator('#sort').selectOption('age');
    expect((await ids(page))[0]).toBe('cam_121');
    await page.locator('#show').selectOption('dropping');
    expect(await ids(page)).toEqual(['cam_77']);
    await page.locator('#show').selectOption('all');
    await page.locator('#sort').selectOption('id');
    await page.keyboard.press('Escape');
    await page.locator('body').press('/');
    await page.keyboard.type('CAM_1');
    expect((await ids(page)).every((id) => id.startsWith('cam_1'))).toBe(true);
    expect(await page.locator('#shown').textContent()).toBe('111 cameras shown');

    // One tab stop for all tiles; arrows go from one to the next, across rows, and the focus stays through updates.
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.textContent ?? '');
    await page.locator('#sort').focus();
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('cam_1');
    await page.keyboard.press('ArrowRight');
    expect(await focused()).toBe('cam_10');
    await page.keyboard.press('End');
    expect(await focused()).toBe('cam_199');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    const below = await focused();
    expect(['cam_1', 'cam_10']).not.toContain(below);
    const text = await page.locator('#worker').textContent();
    await page.waitForFunction((before) => document.querySelector('#worker')?.textContent !== before, text);
    expect(await focused()).toBe(below);
    await page.keyboard.press('Enter');
    expect(await page.locator('#detail-title').textContent()).toBe(below);
    await page.keyboard.press('Escape');
    await page.locator('#detail').waitFor({ state: 'hidden' });
    expect(await focused()).toBe(below);
  });

  it.each([
    { scheme: 'light', width: 1280 },
    { scheme: 'dark', width: 1280 },
    { scheme: 'light', width: 390 },
  ] as const)('has nothing that axe finds wrong, in $scheme at $width px', async ({ scheme, width }) => {
    await using testStack = await startTestStack({ showFrames: true });
    setUnread(testStack.telemetry, { cam_01: [12, 6.5], cam_02: [0, 0], cam_03: [0, 0] });
    testStack.telemetry.frameProcessed('cam_02');
    testStack.telemetry.frameDropped('cam_02', 'stale');
    testStack.telemetry.setModelInfo({ model: 'detector', provider: 'cpu', precision: 'fp32', sha256: 'ab' });
    testStack.telemetry.fallback('detector', 'engine', 'onnx', 'no TensorRT');
    testStack.setState({
      ready: false,
      parts: [
        { kind: 'redis', name: 'Redis', ok: true },
        { kind: 'sink', name: 'Kafka', ok: false, note: 'away' },
      ],
    });
    await using _frames = keepOffering(testStack.page, entryOf('cam_01', await checkered(64, 64, [])), event);
    const page = await open(testStack.page.url, { scheme, width });
    await page.locator('.tile').first().scrollIntoViewIfNeeded();
    await page.locator('.tile.has-picture').waitFor();
    const check = async (): Promise<string[]> => {
      // The policy of the page forbids scripts as text; the debugger may run them.
      await page.evaluate(axe);
      return page.evaluate(async () => {
        const { violations } = await Reflect.get(window, 'axe').run();
        return violations.map(({ id, nodes }: { id: string; nodes: { html: string }[] }) =>
          [id, ...nodes.map(({ html }) => html)].join(' '),
        );
      });
    };
    expect(await check()).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
    await page.locator('.tile button').first().click();
    expect(await check()).toEqual([]);
    await page.keyboard.press('Escape');
    await testStack.page.close();
    await page.locator('#problems [data-problem="lost"]').waitFor();
    expect(await check()).toEqual([]);
  });

  it('keeps the theme that was chosen', async () => {
    await using testStack = await startTestStack();
    const page = await open(testStack.page.url);
    const background = (): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await background();
    await page.locator('#theme').click();
    expect(await page.locator('#theme').textContent()).toBe('Theme: light');
    await page.locator('#theme').click();
    expect(await background()).not.toBe(light);
    await page.reload();
    expect(await page.locator('#theme').textContent()).toBe('Theme: dark');
    expect(await background()).not.toBe(light);
  });
});
