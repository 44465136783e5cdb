import type { Logger } from '@trinetra/contracts';
import { createStatusPage, type Part, type StatusPage, type WorkerState } from '@trinetra/status-page';
import type { Readiness, Telemetry } from '@trinetra/telemetry';
import type { Settings } from './settings.ts';

export interface OpenStatusPageOptions {
  readonly config: Settings;
  readonly version: string;
  readonly telemetry: Telemetry;
  readonly ready: () => Promise<Readiness>;
  readonly logger: Logger;
}

const partNames: Readonly<Partial<Record<Part['kind'], string>>> = {
  models: 'Models',
  engine: 'Engines proven',
  inference: 'Inference',
  redis: 'Redis',
};
const isKnown = (key: string): key is Part['kind'] => key === 'sink' || key in partNames;
const sinkNames = { kafka: 'Kafka', ndjson: 'NDJSON file', stdout: 'Standard output' };

/** As the proof of the engines says it of one that it has not tried. */
const notProvenYet = 'not proven yet';

/** Serves the live page as the configuration says; undefined where it is off. */
export async function openStatusPage(options: OpenStatusPageOptions): Promise<StatusPage | undefined> {
  const { config, version, telemetry, ready, logger } = options;
  if (config.STATUS_PAGE === 'off') return undefined;
  return createStatusPage({
    host: config.STATUS_HOST,
    port: config.STATUS_PORT,
    workerId: config.CONSUMER_NAME,
    version,
    showFrames: config.SHOW_FRAMES === 'on',
    showFaces: config.SHOW_FACES === 'on',
    metrics: () => telemetry.registry.getMetricsAsJSON(),
    state: async () => stateOf(await ready(), sinkNames[config.SINK.kind]),
    logger,
  });
}

/** The answer of `/ready`, in words. */
export function stateOf({ ready, checks }: Readiness, sinkName: string): WorkerState {
  const parts = Object.entries(checks).map(([key, { ok, detail }]): Part => {
    const kind = isKnown(key) ? key : 'other';
    const name = kind === 'sink' ? sinkName : (partNames[kind] ?? key);
    return {
      kind,
      name,
      ok,
      note: kind === 'engine' ? engineNote(detail) : noteOf(detail),
      ...partitionsOf(detail),
    };
  });
  return { ready, parts };
}

const fieldsOf = (detail: unknown): Readonly<Record<string, unknown>> =>
  typeof detail === 'object' ? { ...detail } : {};

/** Of a sink: what of it takes nothing, where the rest does. */
function partitionsOf(detail: unknown): { partitions?: readonly number[] } {
  const { partitions } = fieldsOf(detail);
  return Array.isArray(partitions) ? { partitions: partitions.map(Number) } : {};
}

/** The sentence in a check's detail, where there is one. */
function noteOf(detail: unknown): string | undefined {
  if (typeof detail === 'string') return detail;
  const fields = fieldsOf(detail);
  if (typeof fields['message'] === 'string') return fields['message'];
  const failing = Object.entries(fields).flatMap(([model, value]) => {
    const { failures, reason } = fieldsOf(value);
    return failures === undefined ? [] : [`${model} failed ${failures} times in a row: ${reason}`];
  });
  return failing.length > 0 ? failing.join('; ') : undefined;
}

/** What is wrong with the engines that are not proven. */
function engineNote(detail: unknown): string | undefined {
  const problems = Object.entries(fieldsOf(detail));
  if (problems.length === 0) return undefined;
  // No engine was tried yet: that is no problem of one of them.
  if (problems.every(([, problem]) => problem === notProvenYet)) return notProvenYet;
  return problems.map(([model, problem]) => `${model}: ${problem}`).join('; ');
}
