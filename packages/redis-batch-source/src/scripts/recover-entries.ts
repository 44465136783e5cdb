import { cameraLabelOf } from '@trinetra/contracts';
import type { GroupContext } from '../group-context.ts';
import { entryName, type Lease } from '../types.ts';
import { attempt, letterFields, scriptHead } from './lua-parts.ts';
import { mayDelete } from './may-delete.ts';
import type { ByStream, EntryReply } from './reply.ts';

/**
 * KEYS: stream and its dead-letter stream, in pairs. ARGV: group, consumer, least idle time in ms, room, whose ('all', or
 * those of this consumer: how long it has lived, ms), most deliveries, dead letters kept, delete mode, whether to leave suspects
 * ('leave' or 'take'), registry of workers or '', then ids to leave alone as `key id`.
 *
 * What is copied of an entry with thousands of fields is bounded by what Lua can unpack: such an entry would otherwise stop every
 * recovery.
 */
const script = `${scriptHead}${attempt}${letterFields}${mayDelete}
local name, consumer, idle, room = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local life, limit, keep, mode = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7], ARGV[8]
local leave, registry = ARGV[9] == 'leave', ARGV[10]
local held, heldCount = {}, 0
for i = 11, #ARGV do held[ARGV[i]] = true; heldCount = heldCount + 1 end
local entries, trimmed, dead, early, unfinished, suspects = {}, {}, {}, {}, {}, {}
local rowsLeft = 1000 + heldCount
local function bury(key, letters, row, fields)
  local record = {'XADD', letters, 'MAXLEN', '~', keep, '*'}
  for i = 1, math.min(#fields, 2000) do record[#record + 1] = fields[i] end
  local values = {key, 'max_deliveries', row[1], row[4], row[2]}
  for i, field in ipairs(letterFields) do
    record[#record + 1] = field
    record[#record + 1] = values[i]
  end
  redis.call(unpack(record))
  redis.call('XACK', key, name, row[1])
  local verdict = mayDelete(key, name, mode, registry)
  if verdict == 'yes' then redis.call('XDEL', key, row[1]) end
  return verdict == 'early'
end
local function recover(key, letters, counts)
  local from, done = '-', false
  while not done and #entries < room and rowsLeft > 0 do
    local size = math.min(rowsLeft, room - #entries + heldCount)
    local query = {'XPENDING', key, name, 'IDLE', idle, from, '+', size}
    if life then query[#query + 1] = consumer end
    local pending = redis.pcall(unpack(query))
    if pending['err'] then break end
    done = #pending < size
    rowsLeft = rowsLeft - #pending
    for _, row in ipairs(pending) do
      if #entries >= room then done = false; break end
      local id, deliveries = row[1], row[4]
      local unseen = life and deliveries == 1 and row[3] < life
      from = '(' .. id
      if not held[key .. ' ' .. id] then
        if leave and deliveries > 0 and deliveries < limit and not unseen then
          table.insert(suspects, key)
          done = true
          break
        end
        local after = deliveries + (unseen and 0 or 1)
        local claimed = redis.call('XCLAIM', key, name, consumer, idle, id, 'RETRYCOUNT', after)
        local fields = claimed[1] and claimed[1][2]
        if not fields then
          redis.call('XACK', key, name, id)
          counts.lost = counts.lost + 1
        elseif deliveries >= limit and not unseen then
          local isEarly, err = attempt(bury, key, letters, row, fields)
          if err then counts.err = err else counts.buried = counts.buried + 1 end
          if isEarly then table.insert(early, {key, id}) end
        else
          entries[#entries + 1] = {key, id, fields, after}
        end
      end
    end
  end
end
local errors = {}
for k = 1, #KEYS, 2 do
  local key, counts = KEYS[k], {lost = 0, buried = 0}
  local _, err = attempt(recover, key, KEYS[k + 1], counts)
  err = err or counts.err
  if err then table.insert(errors, {key, err}) end
  if counts.lost > 0 then table.insert(trimmed, {key, counts.lost}) end
  if counts.buried > 0 then table.insert(dead, {key, counts.buried}) end
  if #entries >= room or rowsLeft <= 0 then
    for left = k, #KEYS, 2 do table.insert(unfinished, KEYS[left]) end
    break
  end
end
return {entries, trimmed, dead, early, unfinished, suspects, errors}
`;

/** Which pending entries to take over. */
export interface RecoverOptions {
  readonly streams: readonly string[];
  /** Only what this consumer left, whatever its age: how long it has lived, ms. Undefined: what anyone left for `claimIdleMs`. */
  readonly ownLifeMs: number | undefined;
  readonly room: number;
  readonly leaveSuspects: boolean;
  /** Leases in work, which are to be left alone. */
  readonly held: readonly Lease[];
}

/** What was found. */
type RecoverReply = readonly [
  entries: readonly (readonly [...EntryReply, deliveryCount: number])[],
  /** Entries whose body is gone; they were acked. */
  trimmed: ByStream<number>,
  /** Entries that became dead letters. */
  dead: ByStream<number>,
  /** Ids of dead letters whose entry is to be deleted once it is known which groups will read its stream. */
  deleteLater: ByStream<Buffer>,
  /** Streams that may hold more, because the room was used up. */
  unfinished: readonly Buffer[],
  /** Streams whose next entry is a suspect that was left. */
  suspects: readonly Buffer[],
  errors: ByStream<Buffer>,
];

/**
 * Claims pending entries, oldest first. One that this consumer read since it lives, and does not hold, came with an answer that
 * was lost with its connection: nobody has seen it, and its next delivery is the first. A suspect has been delivered before without an
 * outcome: where these are left, a stream is gone through up to its first one, and no delivery of it is counted.
 *
 * A stream that fails leaves the others as they are; where a dead letter cannot be written, its entry stays pending.
 */
export async function recoverEntries(
  { client, settings, registry }: GroupContext,
  { streams, ownLifeMs, room, leaveSuspects, held }: RecoverOptions,
): Promise<RecoverReply> {
  const keys = streams.flatMap((key) => [key, settings.deadLetterPrefix + cameraLabelOf(key)]);
  return client.run(script, keys, [
    settings.consumerGroup,
    registry.name,
    ownLifeMs === undefined ? settings.claimIdleMs : 0,
    room,
    ownLifeMs === undefined ? 'all' : Math.floor(ownLifeMs),
    settings.maxDeliveries,
    settings.deadLetterMaxLength,
    settings.deleteAcked,
    leaveSuspects ? 'leave' : 'take',
    registry.key,
    ...held.map(entryName),
  ]);
}
