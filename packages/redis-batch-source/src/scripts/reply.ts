/** What scripts return: numbers, bytes and lists of them. */
export type Reply = number | Buffer | null | readonly Reply[];

/** Runs scripts inside Redis: a `RedisClient`. */
export interface ScriptRunner {
  run(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<Reply>;
}

/** A reply as a list; an error in our own scripts otherwise. */
export function asList(reply: Reply | undefined): readonly Reply[] {
  if (Array.isArray(reply)) return reply as readonly Reply[];
  throw new TypeError('expected a list from a script of redis-batch-source');
}

export function asNumber(reply: Reply | undefined): number {
  if (typeof reply === 'number') return reply;
  throw new TypeError('expected a number from a script of redis-batch-source');
}

export function asText(reply: Reply | undefined): string {
  if (Buffer.isBuffer(reply)) return reply.toString();
  throw new TypeError('expected text from a script of redis-batch-source');
}

/** The fields of an entry, flat: name, value, name, value, ... */
export function asFields(reply: Reply | undefined): readonly Buffer[] {
  return asList(reply) as readonly Buffer[];
}

/** `[first, second, first, second, ...]` as pairs. */
export function pairsOf<A, B>(
  reply: Reply | undefined,
  first: (item: Reply | undefined) => A,
  second: (item: Reply | undefined) => B,
): (readonly [A, B])[] {
  const list = asList(reply);
  const pairs: (readonly [A, B])[] = [];
  for (let at = 0; at + 1 < list.length; at += 2) pairs.push([first(list[at]), second(list[at + 1])]);
  return pairs;
}

/** What a script says of single streams, by their keys. */
export type ByStream<T> = readonly (readonly [streamKey: string, what: T])[];

/** Reads the numbers by which scripts name streams: from 1, in the order of `keys`. */
export function streamOf(keys: readonly string[]): (index: Reply | undefined) => string {
  return (index) => keys[asNumber(index) - 1] ?? '';
}
