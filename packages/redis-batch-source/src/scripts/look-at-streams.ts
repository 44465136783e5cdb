import { attempt, groupOf, scriptHead } from './lua-parts.ts';
import { repair } from './repair.ts';
import { asList, asNumber, asText, pairsOf, type Reply, type ScriptRunner } from './reply.ts';

/**
 * KEYS: streams. ARGV: group. Returns [time in ms, [[length, unread, oldest unread id or '', its camera_type or '', evicted, behind,
 * its ingest_ts or '', consumers of the group], 0 where it is gone, or an error text]], with `behind` [group, its last delivered id, ...]
 * of the other groups that have something to read.
 */
const script = `${scriptHead}${attempt}${groupOf}${repair}
local name = ARGV[1]
local function valueOf(fields, field)
  for i = 1, #fields, 2 do if fields[i] == field then return string.sub(fields[i + 1], 1, 64) end end
  return ''
end
local function count(key, after)
  local total, from = 0, '(' .. after
  repeat
    local part = redis.call('XRANGE', key, from, '+', 'COUNT', 50)
    total = total + #part
    if #part > 0 then from = '(' .. part[#part][1] end
  until #part < 50
  return total
end
local function look(key)
  local length = redis.call('XLEN', key)
  local group, others = groupOf(key, name)
  if not others then return 0 end
  if not group then
    create(key, name)
    group = groupOf(key, name)
  end
  local unread, evicted = repair(key, group, length)
  local after = group['last-delivered-id']
  if not unread then unread = count(key, after) end
  local oldest, kind, ingest, behind = '', '', '', {}
  if unread > 0 then
    local first = redis.call('XRANGE', key, '(' .. after, '+', 'COUNT', 1)[1]
    if first then
      oldest, kind, ingest = first[1], valueOf(first[2], 'camera_type'), valueOf(first[2], 'ingest_ts')
    end
  end
  for _, other in ipairs(others) do
    if length > 0 and other['lag'] ~= 0 then
      behind[#behind + 1] = other['name']; behind[#behind + 1] = other['last-delivered-id']
    end
  end
  return {length, unread, oldest, kind, evicted, behind, ingest, group['consumers']}
end
local rows = {}
for i, key in ipairs(KEYS) do
  local row, err = attempt(look, key)
  rows[i] = row or err
end
local now = redis.call('TIME')
return {now[1] * 1000 + math.floor(now[2] / 1000), rows}
`;

/** How a stream and our group in it are. */
export type StreamLook = { readonly streamKey: string } & (
  | { readonly state: 'gone' }
  | { readonly state: 'ill'; readonly error: string }
  | {
      readonly state: 'well';
      /** XLEN. */
      readonly length: number;
      readonly unread: number;
      /** Id, camera type and `ingest_ts` of the oldest unread entry; empty where there is none. */
      readonly oldestId: string;
      readonly cameraType: string;
      readonly ingestTs: string;
      /** Unread entries that were trimmed. */
      readonly evicted: number;
      /** Other groups that have something to read, with the ids that they were delivered last. */
      readonly behind: readonly (readonly [group: string, lastDeliveredId: string])[];
      /** Consumers that our group has. */
      readonly consumers: number;
    }
);

/**
 * Makes the group where it is missing, and looks at each stream. Streams that are gone stay gone.
 *
 * @returns The time by the clock of Redis, ms since the epoch, and the streams.
 */
export async function lookAtStreams(
  runner: ScriptRunner,
  keys: readonly string[],
  group: string,
): Promise<{ readonly nowMs: number; readonly streams: readonly StreamLook[] }> {
  const [now, rows] = asList(await runner.run(script, keys, [group]));
  const row = asList(rows);
  return { nowMs: asNumber(now), streams: keys.map((streamKey, at) => lookOf(streamKey, row[at])) };
}

function lookOf(streamKey: string, row: Reply | undefined): StreamLook {
  if (row === 0) return { streamKey, state: 'gone' };
  if (!Array.isArray(row)) return { streamKey, state: 'ill', error: asText(row) };
  const [length, unread, oldest, type, evicted, behind, ingest, consumers] = row;
  return {
    streamKey,
    state: 'well',
    length: asNumber(length),
    unread: asNumber(unread),
    oldestId: asText(oldest),
    cameraType: asText(type),
    ingestTs: asText(ingest),
    evicted: asNumber(evicted),
    behind: pairsOf(behind, asText, asText),
    consumers: asNumber(consumers),
  };
}
