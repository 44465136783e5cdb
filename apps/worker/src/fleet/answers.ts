import { errorText, type Logger } from '@trinetra/contracts';
import { type FleetTelemetry, type MetricsServerOptions, mergeExpositions } from '@trinetra/telemetry';
import { z } from 'zod';
import type { FleetMember } from './member.ts';

/** Longest wait for the metrics of a worker: they must not cost those of the others. */
const scrapeLimitMs = 1000;
/** Longest wait for what a worker asks Redis and Kafka before it answers `/ready`. */
const readyLimitMs = 3000;

type Readiness = Awaited<ReturnType<NonNullable<MetricsServerOptions['ready']>>>;
type CheckResult = Readiness['checks'][string];

const readyAnswer = z.object({ ready: z.boolean(), checks: z.record(z.string(), z.unknown()) });

function ask(port: number, path: string, limitMs: number): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(limitMs) });
}

/** The metrics of one worker; null where it does not tell them in time. */
async function scrape(member: FleetMember, port: number, logger: Logger): Promise<string | null> {
  try {
    const response = await ask(port, '/metrics', scrapeLimitMs);
    const text = await response.text();
    if (response.ok) return text;
    logger.debug({ gpu: member.gpu, status: response.status }, 'a worker did not tell its metrics');
  } catch (error) {
    logger.debug({ gpu: member.gpu, err: error }, 'a worker did not tell its metrics');
  }
  return null;
}

/** The metrics of all workers, each series with the label `gpu`, and those of the fleet itself. */
export function fleetMetrics(
  members: readonly FleetMember[],
  telemetry: FleetTelemetry,
  logger: Logger,
): MetricsServerOptions['registry'] {
  const { registry } = telemetry;
  return {
    contentType: registry.contentType,
    metrics: async () => {
      const parts = await Promise.all(
        members.map(async (member) => {
          const { gpu } = member;
          const port = member.port();
          const text = port === undefined ? null : await scrape(member, port, logger);
          telemetry.up(gpu, text !== null);
          if (text !== null) return [{ labels: { gpu: String(gpu) }, text }];
          if (port !== undefined) telemetry.scrapeFailed(gpu);
          return [];
        }),
      );
      return mergeExpositions([{ labels: {}, text: await registry.metrics() }, ...parts.flat()]);
    },
  };
}

async function checkMember(member: FleetMember): Promise<CheckResult> {
  const port = member.port();
  if (port === undefined) return { ok: false, detail: member.state() };
  try {
    const response = await ask(port, '/ready', readyLimitMs);
    const { ready, checks } = readyAnswer.parse(await response.json());
    return { ok: ready, detail: { ...member.state(), checks } };
  } catch (error) {
    return { ok: false, detail: { ...member.state(), problem: errorText(error) } };
  }
}

/** Ready as soon as one worker is; each of them is a check of its own, `gpu0`. */
export async function fleetReady(members: readonly FleetMember[]): Promise<Readiness> {
  const checks = await Promise.all(
    members.map(async (member) => [`gpu${member.gpu}`, await checkMember(member)] as const),
  );
  return { ready: checks.some(([, { ok }]) => ok), checks: Object.fromEntries(checks) };
}
