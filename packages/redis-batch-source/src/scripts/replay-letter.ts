import { added } from './letter-origin.ts';
import { asList, asNumber, asText, type ScriptRunner } from './reply.ts';

/**
 * KEYS: dead-letter stream, stream. ARGV: id. All or nothing: a stream that cannot be written, or a right that is missing, shows
 * before anything has changed. Returns [new id, entries in the stream], or nothing.
 */
const script = `${added}
local letter = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not letter then return {} end
local values, length = addedTo(letter[2])
if not values or values[1] ~= KEYS[2] or length == 0 then return {} end
local record = {'XADD', KEYS[2], '*'}
for i = 1, length do record[#record + 1] = letter[2][i] end
redis.call('XDEL', KEYS[1], '0-1')
local size = redis.call('XLEN', KEYS[2])
local id = redis.call(unpack(record))
redis.call('XDEL', KEYS[1], ARGV[1])
return {id, size + 1}
`;

/**
 * Moves a dead letter back to the stream that it came from. Trims nothing.
 *
 * @returns The new id and the entries in the stream; undefined where the letter is not there or came from elsewhere.
 */
export async function replayLetter(
  runner: ScriptRunner,
  { key, streamKey, id }: { readonly key: string; readonly streamKey: string; readonly id: string },
): Promise<{ readonly entryId: string; readonly streamLength: number } | undefined> {
  const [entryId, length] = asList(await runner.run(script, [key, streamKey], [id]));
  return entryId === undefined ? undefined : { entryId: asText(entryId), streamLength: asNumber(length) };
}
