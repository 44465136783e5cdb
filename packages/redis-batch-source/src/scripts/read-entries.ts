import type { EntryRef } from '../types.ts';
import { attempt, groupOf, scriptHead } from './lua-parts.ts';
import { repair } from './repair.ts';
import {
  asFields,
  asList,
  asNumber,
  asText,
  type ByStream,
  pairsOf,
  type ScriptRunner,
  streamOf,
} from './reply.ts';

/**
 * KEYS: streams. ARGV: group, consumer, room, then visits (indices into KEYS, from 1).
 * Returns [entries [[index, id, fields]], evicted [index, n, ...], empty [index, ...], errors [index, text, ...], time in ms].
 */
const script = `${scriptHead}${attempt}${groupOf}${repair}
local name, consumer, room = ARGV[1], ARGV[2], tonumber(ARGV[3])
local entries, evicted, errors, seen, done = {}, {}, {}, {}, {}
local function look(i)
  local length = redis.call('XLEN', KEYS[i])
  if length == 0 then
    done[i] = true
  else
    local group = groupOf(KEYS[i], name)
    if not group then
      create(KEYS[i], name)
    else
      local _, lost = repair(KEYS[i], group, length)
      if lost > 0 then evicted[#evicted + 1] = i; evicted[#evicted + 1] = lost end
    end
  end
end
local function read(i)
  if not seen[i] then seen[i] = true; look(i) end
  if done[i] then return false end
  local reply = redis.call('XREADGROUP', 'GROUP', name, consumer, 'COUNT', 1, 'STREAMS', KEYS[i], '>')
  if not reply then done[i] = true; return false end
  local entry = reply[1][2][1]
  entries[#entries + 1] = {i, entry[1], entry[2]}
  return true
end
local function take(i)
  local found, err = attempt(read, i)
  if err then errors[#errors + 1] = i; errors[#errors + 1] = err; done[i] = true end
  return found
end
for v = 4, #ARGV do
  if #entries >= room then break end
  take(tonumber(ARGV[v]))
end
local some = true
while some and #entries < room do
  some = false
  for i = 1, #KEYS do
    if #entries >= room then break end
    if seen[i] and take(i) then some = true end
  end
end
local empty = {}
for i = 1, #KEYS do if done[i] then empty[#empty + 1] = i end end
local now = redis.call('TIME')
return {entries, evicted, empty, errors, now[1] * 1000 + math.floor(now[2] / 1000)}
`;

/** Which streams to read, and how much. */
export interface ReadRequest {
  readonly group: string;
  readonly consumer: string;
  readonly keys: readonly string[];
  /** Indices into `keys`, in the order of the visits. */
  readonly visits: readonly number[];
  readonly room: number;
}

/** What was read. */
export interface ReadReply {
  readonly entries: readonly (EntryRef & { readonly fields: readonly Buffer[] })[];
  /** Unread entries that were trimmed. */
  readonly evicted: ByStream<number>;
  /** Streams with nothing more to read. */
  readonly empty: readonly string[];
  readonly errors: ByStream<string>;
  /** By the clock of Redis. */
  readonly nowMs: number;
}

/** Reads one new entry a visit until the room is used; afterwards goes round the streams that still give. */
export async function readEntries(runner: ScriptRunner, request: ReadRequest): Promise<ReadReply> {
  const { group, consumer, keys, visits, room } = request;
  const args = [group, consumer, room, ...visits.map((index) => index + 1)];
  const [entries, evicted, empty, errors, now] = asList(await runner.run(script, keys, args));
  const stream = streamOf(keys);
  return {
    entries: asList(entries).map((entry) => {
      const [index, id, fields] = asList(entry);
      return { streamKey: stream(index), entryId: asText(id), fields: asFields(fields) };
    }),
    evicted: pairsOf(evicted, stream, asNumber),
    empty: asList(empty).map(stream),
    errors: pairsOf(errors, stream, asText),
    nowMs: asNumber(now),
  };
}
