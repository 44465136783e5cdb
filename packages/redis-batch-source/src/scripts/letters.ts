import type { RedisClient } from '../connection/redis-client.ts';
import { letterFields } from './lua-parts.ts';

/**
 * Lua: what the recovery added to an entry, and where the fields of the entry end; nothing where it added nothing.
 *
 * What an entry itself may call `dead_letter_...` stands before these and is a field like any other: only the last five pairs count.
 */
const addedTo = `${letterFields}
local function addedTo(fields)
  local from, values = #fields - 2 * #letterFields, {}
  if from < 0 then return nil end
  for i, name in ipairs(letterFields) do
    if fields[from + 2 * i - 1] ~= name then return nil end
    values[i] = fields[from + 2 * i]
  end
  return values, from
end
`;

/** What the recovery added, in the order of its fields; empty where something else than a source wrote the letter. */
export type AddedFields =
  | readonly []
  | readonly [streamKey: Buffer, reason: Buffer, entryId: Buffer, deliveryCount: Buffer, consumer: Buffer];

const listScript = `${addedTo}
local rows = {}
for i, letter in ipairs(redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])) do
  rows[i] = {letter[1], addedTo(letter[2]) or {}}
end
return rows
`;

/** Up to `count` letters from an id on, oldest first. No field of an entry leaves Redis. */
export async function listLetters(
  client: RedisClient,
  key: string,
  { from, count }: { readonly from: string; readonly count: number },
): Promise<readonly (readonly [id: Buffer, added: AddedFields])[]> {
  return client.run(listScript, [key], [from, count]);
}

const readScript = `${addedTo}
local letter = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not letter then return {} end
local values, length = addedTo(letter[2])
if not values then return {letter[2], {}} end
local fields = {}
for i = 1, length do fields[i] = letter[2][i] end
return {fields, values}
`;

/** The fields of the entry, and what was added; empty where the letter is not there. */
export async function readLetter(
  client: RedisClient,
  key: string,
  id: string,
): Promise<readonly [] | readonly [fields: readonly Buffer[], added: AddedFields]> {
  return client.run(readScript, [key], [id]);
}

/** All or nothing: a stream that cannot be written, or a right that is missing, shows before anything has changed. */
const replayScript = `${addedTo}
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
 * Moves a letter back to the stream that it came from. Trims nothing.
 *
 * @returns The new id and the entries in the stream; empty where the letter is not there or came from elsewhere.
 */
export async function replayLetter(
  client: RedisClient,
  { key, streamKey, id }: { readonly key: string; readonly streamKey: string; readonly id: string },
): Promise<readonly [] | readonly [entryId: Buffer, streamLength: number]> {
  return client.run(replayScript, [key, streamKey], [id]);
}

/** Deletes letters; resolves to how many were there. */
export async function dropLetters(client: RedisClient, key: string, ids: readonly string[]): Promise<number> {
  return client.run(`return redis.call('XDEL', KEYS[1], unpack(ARGV))`, [key], ids);
}
