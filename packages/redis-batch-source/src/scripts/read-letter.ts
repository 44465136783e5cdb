import { added, type LetterOrigin, originOf } from './letter-origin.ts';
import { asFields, asList, type ScriptRunner } from './reply.ts';

/** KEYS: dead-letter stream. ARGV: id. Returns [fields of the entry, what was added], or nothing. */
const script = `${added}
local letter = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not letter then return {} end
local values, length = addedTo(letter[2])
if not values then return {letter[2], {}} end
local fields = {}
for i = 1, length do fields[i] = letter[2][i] end
return {fields, values}
`;

/** One dead letter with the fields of its entry; undefined where it is not there. */
export async function readLetter(
  runner: ScriptRunner,
  key: string,
  id: string,
): Promise<{ readonly fields: readonly Buffer[]; readonly origin: LetterOrigin | undefined } | undefined> {
  const [fields, origin] = asList(await runner.run(script, [key], [id]));
  return fields === undefined ? undefined : { fields: asFields(fields), origin: originOf(origin) };
}
