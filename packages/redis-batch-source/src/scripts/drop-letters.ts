import { asNumber, type ScriptRunner } from './reply.ts';

/** KEYS: dead-letter stream. ARGV: ids. */
const script = `return redis.call('XDEL', KEYS[1], unpack(ARGV))`;

/** Deletes dead letters; resolves to how many were there. */
export async function dropLetters(
  runner: ScriptRunner,
  key: string,
  ids: readonly string[],
): Promise<number> {
  return asNumber(await runner.run(script, [key], ids));
}
