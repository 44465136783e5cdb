import {
  type Defined,
  type Logger,
  parseOptions,
  requireOptions,
  type SourceStats,
} from '@trinetra/contracts';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import { refusing } from './options.ts';

/** Options of {@link createTelemetry}. */
export interface TelemetryOptions {
  /** Names this worker in `trinetra_worker_info`. */
  readonly workerId: string;
  /** Of the application, in `trinetra_build_info`. */
  readonly version: string;
  /** Cameras with series of their own, 1..100,000; the others share `camera_id="_other"`. Default 1000. */
  readonly maxCameraLabels?: number | undefined;
  /** Reasons (of drops, and of fallbacks) with series of their own, 1..1000. Default 64. */
  readonly maxReasonLabels?: number | undefined;
  /** Whether to add prom-client's process metrics (CPU, memory, event loop). Default true. */
  readonly processMetrics?: boolean | undefined;
  /** Default: a new one. prom-client's global registry is never used. */
  readonly registry?: Registry | undefined;
  readonly logger?: Logger | undefined;
  /** Asked once a scrape; see {@link Telemetry.setSourceStats}. */
  readonly source?: (() => SourceStats) | undefined;
}

/** The plain values of the options, with the defaults. */
export type TelemetryValues = Defined<Required<Omit<TelemetryOptions, 'registry' | 'logger' | 'source'>>>;

const schema = z.strictObject({
  workerId: z.string().min(1).max(256),
  version: z.string().min(1).max(256),
  maxCameraLabels: z.int().min(1).max(100_000).default(1000),
  maxReasonLabels: z.int().min(1).max(1000).default(64),
  processMetrics: z.boolean().default(true),
});

/** @throws {TelemetryError} `invalid_options`. */
export function parseTelemetryOptions(options: TelemetryOptions): TelemetryValues {
  const how = refusing('telemetry');
  const { registry: _registry, logger: _logger, source: _source, ...plain } = requireOptions(options, how);
  return parseOptions(schema, plain, how);
}
