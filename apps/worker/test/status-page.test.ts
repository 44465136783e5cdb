/// <reference lib="dom" />
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDetectionEvent } from '@trinetra/contracts';
import { hasBrowser, launchBrowser } from '@trinetra/test-support';
import { afterAll, expect, it } from 'vitest';
import { addSceneFrame } from './scene-frames.ts';
import { startRedisTestStack } from './test-stack.ts';
import { startWorker, waitFor } from './worker-process.ts';

const output = join(tmpdir(), `trinetra-status-page-${process.pid}.ndjson`);
afterAll(() => rm(output, { force: true }));

const cameras = ['cam_01', 'cam_02'];

it.skipIf(!hasBrowser())(
  'shows what /metrics says, and boxes where the events say, of a real worker',
  async () => {
    await using testStack = await startRedisTestStack();
    await using worker = await startWorker({
      ...testStack.env,
      SINK: `ndjson:${output}`,
      STATUS_PAGE: 'on',
      SHOW_FRAMES: 'on',
    });
    const url = await waitFor(
      'the address of the page',
      () => /"url":"(http:\/\/127\.0\.0\.1:\d+\/)"/.exec(worker.log())?.[1],
    );
    await using browser = await launchBrowser();
    const page = await browser.newPage();
    await page.goto(url); // while the models load
    await worker.ready();
    await page.locator('#state', { hasText: /^Ready/ }).waitFor();

    const sent = new Map<string, string>();
    let frames = 0;
    const send = async (): Promise<void> => {
      for (const camera of cameras) sent.set(camera, await addSceneFrame(testStack.redis, frames, camera));
      frames += 1;
    };
    // The first frame makes the camera known to the page, which asks for the next then.
    await waitFor('pictures on every tile', async () => {
      await send();
      await page.waitForTimeout(500);
      return (await page.locator('.tile.has-picture').count()) === cameras.length ? true : undefined;
    });
    await testStack.redis.xadd(
      'frames:cam_02',
      '*',
      ...['camera_id', 'cam_02', 'camera_type', 'entrance', 'ingest_ts', '1', 'frame', 'no picture'],
    );
    await page.locator('[data-reason="unsupported_format"][data-value="1"]').waitFor();

    // Nothing is under way any more: both say the same then.
    const metric = async (name: string): Promise<number> =>
      [...(await worker.metric(name)).values()].reduce((sum, value) => sum + value, 0);
    const processed = cameras.length * frames;
    await page.locator(`[data-figure="totals.processed"][data-value="${processed}"]`).waitFor();
    for (const [figure, name] of [
      ['totals.processed', 'trinetra_worker_frames_processed_total'],
      ['totals.persons', 'trinetra_detections_total'],
      ['totals.unread', 'trinetra_worker_frames_unread'],
      ['totals.inFlight', 'trinetra_worker_frames_in_flight'],
      ['totals.dropped', 'trinetra_worker_frames_dropped_total'],
      ['totals.eventsWaiting', 'trinetra_worker_events_waiting'],
      ['totals.publishErrors', 'trinetra_kafka_publish_errors_total'],
    ] as const) {
      const wanted = await metric(name);
      await page.locator(`[data-figure="${figure}"][data-value="${wanted}"]`).waitFor();
    }
    expect(await page.locator('[data-figure="totals.persons"]').getAttribute('data-value')).not.toBe('0');
    const engines = [...(await worker.metric('trinetra_engine_info')).keys()];
    expect(await page.locator('#engines li').count()).toBe(engines.length);
    for (const engine of engines) {
      const [, model, sha256] = /model="(\w+)".*file_sha256="(\w+)"/.exec(engine) ?? [];
      const row = await page.locator(`[data-model="${model}"]`).textContent();
      expect(row).toContain('cpu');
      expect(row).toContain(sha256?.slice(0, 12));
    }
    expect(await page.locator('#parts li').allTextContents()).toEqual([
      'ModelsOK',
      'Engines provenOK',
      'InferenceOK',
      'RedisOK',
      'NDJSON fileOK',
    ]);

    const events = (await readFile(output, 'utf8')).trim().split('\n').map(parseDetectionEvent);
    for (const [camera, frameId] of sent) {
      const event = events.find((one) => one.camera_id === camera && one.frame_id === frameId);
      const tile = page.locator(`[data-camera="${camera}"][data-frame="${frameId}"]`);
      await tile.waitFor();
      const boxes = event?.detections.map(({ bbox }) => bbox) ?? [];
      expect(boxes.length).toBeGreaterThan(0);
      // Of the points along the left edge of each box, the share that has the colour of boxes within 1 px.
      const shares = await tile.locator('canvas').evaluate((canvas, lefts) => {
        if (!(canvas instanceof HTMLCanvasElement)) throw new TypeError('expected a canvas');
        const { width, height } = canvas;
        const pixels = canvas.getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
        const isBox = (x: number, y: number): boolean => {
          const at = (Math.round(y) * width + Math.round(x)) * 4;
          const levels = [...pixels.slice(at, at + 3)];
          return [34, 211, 238].every((level, index) => Math.abs((levels[index] ?? 0) - level) < 40);
        };
        return lefts.map(([x = 0, y1 = 0, , y2 = 0]) => {
          const points = Array.from({ length: 20 }, (_, index) => y1 + ((y2 - y1) * (index + 0.5)) / 20);
          const hits = points.filter((y) => [-1, 0, 1].some((dx) => isBox(x * width + dx, y * height)));
          return hits.length / points.length;
        });
      }, boxes);
      for (const share of shares) expect(share).toBeGreaterThan(0.6);
    }
  },
);

it.skipIf(!hasBrowser())(
  'says of a real worker whose Kafka is away that frames are inferred and wait, and of a silent Redis that it knows nothing',
  async () => {
    await using testStack = await startRedisTestStack();
    await using worker = await startWorker({
      ...testStack.env,
      KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1', // nobody listens there
      STATUS_PAGE: 'on',
    });
    const url = await waitFor(
      'the address of the page',
      () => /"url":"(http:\/\/127\.0\.0\.1:\d+\/)"/.exec(worker.log())?.[1],
    );
    await using browser = await launchBrowser();
    const page = await browser.newPage();
    await page.goto(url);
    const tile = page.locator('.tile[data-camera="cam_01"]');
    let frames = 0;
    await waitFor('a camera that waits for Kafka', async () => {
      await addSceneFrame(testStack.redis, frames, 'cam_01');
      frames += 1;
      await page.waitForTimeout(200);
      return (await page.locator('.tile[data-camera="cam_01"][data-state="waiting"]').count()) === 1
        ? true
        : undefined;
    });
    expect(await tile.locator('.state').textContent()).toBe('waiting for Kafka');
    const [arriving, inferred, published] = await tile
      .locator('dd')
      .evaluateAll((places) => places.map((place) => Number(place.getAttribute('data-value'))));
    expect(arriving).toBeGreaterThan(0);
    expect(inferred).toBeGreaterThan(0);
    expect(published).toBe(0);
    const sentence = /Kafka takes no events: \d+ events? of 1 camera waits? in memory\./;
    await page.locator('#problem-list [data-problem="sink"]', { hasText: sentence }).waitFor();
    await page.waitForFunction(() => document.title.includes('Kafka is away'));

    testStack.server.pause();
    await page.locator('#problem-list [data-problem="redis"]').waitFor();
    expect(await page.locator('[data-figure="totals.unread"]').textContent()).toBe('–');
    testStack.server.resume();
    await page.locator('#problem-list [data-problem="redis"]').waitFor({ state: 'detached' });
  },
);
