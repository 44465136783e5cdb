import { fileURLToPath } from 'node:url';

const preload = fileURLToPath(new URL('./inject-fault.mjs', import.meta.url));

/** Instants at which a worker ends itself, in the order of a frame's way. */
export const killPoints = [
  'after-read',
  'during-decode',
  'during-inference',
  'after-produce',
  'after-ack',
] as const;
export type KillPoint = (typeof killPoints)[number];

/** What makes a worker kill itself (SIGKILL) the n-th time that it comes to a point of its work. */
export function injectKill(point: KillPoint, times = 1): Record<string, string> {
  return { NODE_OPTIONS: `--import=${preload}`, INJECT_KILL: `${point}:${times}` };
}

/** What makes the first inference of a worker take `ms` longer, while the rest of it lives on. */
export function injectSlowEngine(ms: number): Record<string, string> {
  return { NODE_OPTIONS: `--import=${preload}`, INJECT_SLOW_MS: String(ms) };
}

/** What makes a marked frame ({@link addPoisonFrame} writes one) end the process, or fail the engine, each time. */
export function injectPoison(where: 'decode' | 'infer' | 'throw'): Record<string, string> {
  return { NODE_OPTIONS: `--import=${preload}`, INJECT_POISON: where };
}
