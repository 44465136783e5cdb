import type { GroupContext } from '../group-context.ts';
import { attempt, clock, groupOf, scriptHead } from './lua-parts.ts';
import { repair } from './repair.ts';
import type { ByStream, EntryReply } from './reply.ts';

/** KEYS: streams. ARGV: group, consumer, room, then visits (indices into KEYS, from 1). */
const script = `${scriptHead}${attempt}${clock}${groupOf}${repair}
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
      if lost > 0 then table.insert(evicted, {KEYS[i], lost}) end
    end
  end
end
local function read(i)
  if not seen[i] then seen[i] = true; look(i) end
  if done[i] then return false end
  local reply = redis.call('XREADGROUP', 'GROUP', name, consumer, 'COUNT', 1, 'STREAMS', KEYS[i], '>')
  if not reply then done[i] = true; return false end
  local entry = reply[1][2][1]
  entries[#entries + 1] = {KEYS[i], entry[1], entry[2]}
  return true
end
local function take(i)
  local found, err = attempt(read, i)
  if err then table.insert(errors, {KEYS[i], err}); done[i] = true end
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
for i = 1, #KEYS do if done[i] then table.insert(empty, KEYS[i]) end end
return {entries, evicted, empty, errors, clock()}
`;

/** `evicted`: unread entries that were trimmed. `empty`: streams with nothing more to read. `nowMs` is by the clock of Redis. */
type ReadReply = readonly [
  entries: readonly EntryReply[],
  evicted: ByStream<number>,
  empty: readonly Buffer[],
  errors: ByStream<Buffer>,
  nowMs: number,
];

/**
 * Reads one new entry a visit until the room is used; afterwards goes round the streams that still give.
 *
 * @param plan `visits` are indices into `keys`, from 0.
 */
export async function readEntries(
  { client, settings, registry }: GroupContext,
  plan: { readonly keys: readonly string[]; readonly visits: readonly number[] },
  room: number,
): Promise<ReadReply> {
  const visits = plan.visits.map((index) => index + 1);
  return client.run(script, plan.keys, [settings.consumerGroup, registry.name, room, ...visits]);
}
