import {
  type Defined,
  type Logger,
  type ParseOptions,
  parseOptions,
  refuseWith,
  requireOptions,
  silentLogger,
} from '@trinetra/contracts';
import { z } from 'zod';
import { StatusPageError } from './errors.ts';
import type { Metric } from './metric.ts';
import type { WorkerState } from './snapshot.ts';

/** Options of `createStatusPage`. */
export interface StatusPageOptions {
  /** Names the worker on the page. */
  readonly workerId: string;
  readonly version: string;
  /**
   * The metrics of this moment; `() => registry.getMetricsAsJSON()` of prom-client fits. Called while the page
   * has viewers.
   */
  readonly metrics: () => Promise<readonly Metric[]>;
  /** State of the worker. Called while the page has viewers, one call at a time. */
  readonly state: () => Promise<WorkerState>;
  /** Address to listen on. Default 127.0.0.1: this machine only. There is no login. */
  readonly host?: string | undefined;
  /** 0, the default, takes a free one. */
  readonly port?: number | undefined;
  /** Whether pictures of the cameras are shown at all. Default false. */
  readonly showFrames?: boolean | undefined;
  /** Whether faces are shown in them. Default false: they are blurred before a byte leaves the process. */
  readonly showFaces?: boolean | undefined;
  /** Between two snapshots, ms, 100..60,000. Default 1000. */
  readonly intervalMs?: number | undefined;
  /** Time that rates and percentiles are over, ms, 1000..3,600,000. Default 10,000. */
  readonly windowMs?: number | undefined;
  /** Viewers at once, 1..100; more are told to come back later. Default 16. */
  readonly maxViewers?: number | undefined;
  /** Least time between two pictures of a camera, ms, 50..60,000. Default 400. */
  readonly pictureIntervalMs?: number | undefined;
  readonly logger?: Logger | undefined;
}

/** The plain values of the options, all filled in. */
export type StatusPageSettings = Required<Defined<Omit<StatusPageOptions, 'metrics' | 'state' | 'logger'>>>;

const schema = z.strictObject({
  workerId: z.string().min(1).max(256),
  version: z.string().min(1).max(256),
  host: z.string().min(1).default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(0),
  showFrames: z.boolean().default(false),
  showFaces: z.boolean().default(false),
  intervalMs: z.int().min(100).max(60_000).default(1000),
  windowMs: z.int().min(1000).max(3_600_000).default(10_000),
  maxViewers: z.int().min(1).max(100).default(16),
  pictureIntervalMs: z.int().min(50).max(60_000).default(400),
});

const refusing: ParseOptions = refuseWith(StatusPageError, 'statusPage');

/** @throws {StatusPageError} `invalid_options`, its message beginning with the path of each bad value. */
export function parsePageOptions(options: StatusPageOptions): {
  readonly settings: StatusPageSettings;
  readonly logger: Logger;
} {
  const { metrics, state, logger = silentLogger, ...plain } = requireOptions(options, refusing);
  const settings = parseOptions(schema, plain, refusing);
  for (const [name, value] of Object.entries({ metrics, state })) {
    if (typeof value !== 'function')
      throw new StatusPageError('invalid_options', `statusPage.${name}: expected a function`);
  }
  return { settings, logger };
}
