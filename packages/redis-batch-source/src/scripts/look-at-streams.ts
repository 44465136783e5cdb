import type { GroupContext } from '../group-context.ts';
import { attempt, clock, groupOf, scriptHead } from './lua-parts.ts';
import { repair } from './repair.ts';
import type { ByStream } from './reply.ts';

/** KEYS: streams. ARGV: group. */
const script = `${scriptHead}${attempt}${clock}${groupOf}${repair}
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
      table.insert(behind, {other['name'], other['last-delivered-id']})
    end
  end
  return {length, unread, oldest, kind, ingest, evicted, behind, group['consumers']}
end
local rows = {}
for i, key in ipairs(KEYS) do
  local row, err = attempt(look, key)
  rows[i] = {key, row or err}
end
return {clock(), rows}
`;

/** How a stream and our group in it are; empty texts where nothing is unread. */
export type StreamLook = readonly [
  /** XLEN. */
  length: number,
  unread: number,
  /** Of the oldest unread entry, as are the next two. */
  oldestId: Buffer,
  cameraType: Buffer,
  ingestTs: Buffer,
  /** Unread entries that were trimmed. */
  evicted: number,
  /** Other groups that have something to read, with the ids that they were delivered last. */
  behind: readonly (readonly [group: Buffer, lastDeliveredId: Buffer])[],
  /** Consumers that our group has. */
  consumers: number,
];

/** The time by the clock of Redis, and the streams: 0 where one is gone, an error where it cannot be looked at. */
type LookReply = readonly [nowMs: number, looks: ByStream<0 | Buffer | StreamLook>];

/** Makes the group where it is missing, and looks at each stream. Streams that are gone stay gone. */
export async function lookAtStreams(
  { client, settings }: GroupContext,
  streams: readonly string[],
): Promise<LookReply> {
  return client.run(script, streams, [settings.consumerGroup]);
}
