import { errorText, parseOptions, requireOptions, within } from '@trinetra/contracts';
import { z } from 'zod';
import { durationMs, refusing } from './options.ts';

/** What one dependency answered. */
export interface CheckResult {
  readonly ok: boolean;
  /** Shown in the response, without secrets and stacks. */
  readonly detail?: unknown;
}

/** Whether the process can do its work now. */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, CheckResult>>;
}

/** Asks one dependency; `signal` aborts when nobody waits for the answer any more. */
export type Check = (signal: AbortSignal) => boolean | CheckResult | Promise<boolean | CheckResult>;

const schema = z.strictObject({ timeoutMs: durationMs.default(2000) });

/**
 * Makes one question out of the checks of several dependencies: they are asked at the same time, and one
 * that throws or does not answer in time is not ok, by name, while the others still are.
 *
 * @param checks Read at each question: checks that are added or replaced later count from then on.
 * @param options.timeoutMs For each check. Default 2000.
 * @throws {TelemetryError} `invalid_options`.
 * @example
 * const ready = createReadiness({ redis: () => source.isHealthy(), sink: () => sink.isHealthy() });
 */
export function createReadiness(
  checks: Readonly<Record<string, Check>>,
  options: { readonly timeoutMs?: number | undefined } = {},
): () => Promise<Readiness> {
  const how = refusing('readiness');
  requireOptions(checks, { ...how, prefix: 'readiness.checks' });
  const { timeoutMs } = parseOptions(schema, options, how);
  return async () => {
    const results = await Promise.all(
      Object.entries(checks).map(
        async ([name, check]) => [name, await settleCheck(check, timeoutMs)] as const,
      ),
    );
    return { ready: results.every(([, { ok }]) => ok), checks: Object.fromEntries(results) };
  };
}

/** The result of one check; a failure or silence is a result too. Never rejects. */
async function settleCheck(check: Check, timeoutMs: number): Promise<CheckResult> {
  const stop = new AbortController();
  const ask = async (): Promise<boolean | CheckResult> => check(stop.signal);
  try {
    const late = { ok: false, detail: `no answer within ${timeoutMs} ms` };
    const answer = await within(ask(), timeoutMs, late);
    return typeof answer === 'boolean' ? { ok: answer } : answer;
  } catch (error) {
    return { ok: false, detail: errorText(error) };
  } finally {
    stop.abort();
  }
}
