import type { CameraStats, DetectionEvent, FrameEntry } from '@trinetra/contracts';
import { createMetricsServer, createTelemetry, type Telemetry } from '@trinetra/telemetry';
import { hasBrowser, launchBrowser } from '@trinetra/test-support';
import type { Browser, Page } from 'playwright-core';
import { createStatusPage, type StatusPage, type StatusPageOptions, type WorkerState } from '../src/index.ts';

/** The page of a worker whose metrics the test records itself, and the same metrics as /metrics. */
export interface TestStack extends AsyncDisposable {
  readonly telemetry: Telemetry;
  readonly page: StatusPage;
  /** What `state` answers from now on. */
  setState(state: WorkerState): void;
  /** How often the page asked for metrics. */
  metricsRead(): number;
  /** The value of a line of /metrics, such as `name{label="x"}`. */
  metric(line: string): Promise<number>;
  scrape(): Promise<string>;
}

/** Of a camera of which nothing ended yet. */
export const noOutcomes = {
  published: 0,
  published_degraded: 0,
  publish_failed: 0,
  corrupt: 0,
  skipped: 0,
  stale: 0,
  trimmed: 0,
  dead_lettered: 0,
  released: 0,
};

/** Makes telemetry know cameras: what the source tells of them, the rest 0. */
export function setCameras(
  telemetry: Telemetry,
  cameras: Readonly<Record<string, Partial<CameraStats>>>,
): void {
  const stats = new Map(
    Object.entries(cameras).map(([id, camera]) => [
      id,
      {
        delivered: 0,
        inFlight: 0,
        unread: 0,
        oldestUnreadAgeSeconds: 0,
        streamLength: 0,
        evicted: 0,
        gone: false,
        ...camera,
        outcomes: { ...noOutcomes, ...camera.outcomes },
      },
    ]),
  );
  telemetry.setSourceStats(() => ({ cameras: stats, inFlight: 0, reclaimed: 0, unreadGroups: new Map() }));
}

/** Makes telemetry know cameras with so many frames that wait, the oldest for so many seconds. */
export function setUnread(
  telemetry: Telemetry,
  unread: Readonly<Record<string, [number, number]>>,
  { gone = [] }: { readonly gone?: readonly string[] } = {},
): void {
  const cameras = Object.entries(unread).map(([id, [count, age]]) => [
    id,
    { unread: count, oldestUnreadAgeSeconds: age, streamLength: count, gone: gone.includes(id) },
  ]);
  setCameras(telemetry, Object.fromEntries(cameras));
}

export async function startTestStack(options: Partial<StatusPageOptions> = {}): Promise<TestStack> {
  const telemetry = createTelemetry({ workerId: 'worker-1', version: '1.2.3' });
  const metrics = await createMetricsServer({ host: '127.0.0.1', port: 0, registry: telemetry.registry });
  let state: WorkerState = {
    ready: true,
    parts: [
      { kind: 'redis', name: 'Redis', ok: true },
      { kind: 'sink', name: 'Kafka', ok: true },
    ],
  };
  let reads = 0;
  const page = await createStatusPage({
    workerId: 'worker-1',
    version: '1.2.3',
    metrics: () => {
      reads += 1;
      return telemetry.registry.getMetricsAsJSON();
    },
    state: async () => state,
    intervalMs: 200,
    ...options,
  });
  const scrape = async (): Promise<string> =>
    (await fetch(`http://127.0.0.1:${metrics.port}/metrics`)).text();
  return {
    telemetry,
    page,
    setState: (next) => {
      state = next;
    },
    metricsRead: () => reads,
    scrape,
    metric: async (line) => {
      const found = (await scrape()).split('\n').find((one) => one.startsWith(`${line} `));
      return Number(found?.slice(line.length + 1) ?? Number.NaN);
    },
    [Symbol.asyncDispose]: async () => {
      await page.close();
      await metrics.close();
      await telemetry.close();
    },
  };
}

/** Offers frames to the page until the test ends, as a worker does. */
export function keepOffering(page: StatusPage, entry: FrameEntry, event: DetectionEvent): AsyncDisposable {
  let number = 0;
  const timer = setInterval(() => {
    number += 1;
    page.offer({ ...entry, frameId: `${number}-0` }, event);
  }, 50);
  return { [Symbol.asyncDispose]: async () => clearInterval(timer) };
}

export { type Browser, hasBrowser, launchBrowser, type Page };
