import { added, type LetterOrigin, originOf } from './letter-origin.ts';
import { asList, asText, type ScriptRunner } from './reply.ts';

/** KEYS: dead-letter stream. ARGV: first id, count. Returns [[id, what was added, or nothing]]: no field of the entry leaves Redis. */
const script = `${added}
local rows = {}
for i, letter in ipairs(redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])) do
  rows[i] = {letter[1], addedTo(letter[2]) or {}}
end
return rows
`;

/** A dead letter without its fields. */
export interface ListedLetter {
  readonly id: string;
  readonly origin: LetterOrigin | undefined;
}

/** Up to `count` dead letters from an id on, oldest first. */
export async function listLetters(
  runner: ScriptRunner,
  key: string,
  { from, count }: { readonly from: string; readonly count: number },
): Promise<ListedLetter[]> {
  return asList(await runner.run(script, [key], [from, count])).map((row) => {
    const [id, origin] = asList(row);
    return { id: asText(id), origin: originOf(origin) };
  });
}
