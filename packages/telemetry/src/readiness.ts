import { z } from 'zod';
import { defined, durationMs, parseOptions } from './options.ts';

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

/** What {@link createReadiness} uses where an option is not given. */
export const defaultReadinessOptions: { readonly timeoutMs: number } = Object.freeze({ timeoutMs: 2000 });

const schema = z.strictObject({ timeoutMs: durationMs });

/**
 * Makes one question out of the checks of several dependencies: they are asked at the same time, and one
 * that throws or does not answer in time is not ok, by name, while the others still are.
 *
 * @param options.timeoutMs For each check. Default 2000.
 * @throws {TelemetryError} `bad_options`.
 * @example
 * const ready = createReadiness({ redis: () => source.isHealthy(), sink: () => sink.isHealthy() });
 */
export function createReadiness(
  checks: Readonly<Record<string, Check>>,
  options: { readonly timeoutMs?: number | undefined } = {},
): () => Promise<Readiness> {
  const { timeoutMs } = parseOptions(schema, 'readiness', {
    ...defaultReadinessOptions,
    ...defined(options),
  });
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
  const late = Symbol('late');
  const result = await withTimeout(
    async (signal) => {
      const answer = await check(signal);
      return typeof answer === 'boolean' ? { ok: answer } : answer;
    },
    timeoutMs,
    late,
  ).catch((error: unknown): CheckResult => ({ ok: false, detail: messageOf(error) }));
  return result === late
    ? { ok: false, detail: `no answer within ${timeoutMs} ms` }
    : (result as CheckResult);
}

/** What `work` gives, or `late` when it has not ended after `timeoutMs`; its signal aborts then. */
export async function withTimeout<T, L>(
  work: (signal: AbortSignal) => Promise<T>,
  timeoutMs: number,
  late: L,
): Promise<T | L> {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<L>((resolve) => {
    timer = setTimeout(() => {
      stop.abort();
      resolve(late);
    }, timeoutMs);
  });
  try {
    return await Promise.race([work(stop.signal), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** The message of whatever was thrown, without its stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
