import { cameraLabelOf } from '@trinetra/contracts';
import type { EntryRef } from '../types.ts';
import { attempt, scriptHead } from './lua-parts.ts';
import { mayDelete } from './may-delete.ts';
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
 * KEYS: stream and its dead-letter stream, in pairs. ARGV: group, consumer, least idle time in ms, room, whose ('all', or
 * those of this consumer: how long it has lived, ms), most deliveries, dead letters kept, delete mode, whether to leave suspects
 * ('leave' or 'take'), registry of workers or '', then ids to leave alone as `key id`.
 *
 * What is copied of an entry with thousands of fields is bounded by what Lua can unpack: such an entry would otherwise stop every
 * recovery.
 *
 * Returns [entries [[pair, id, fields, deliveryCount]], trimmed [pair, n, ...], dead [pair, n, ...], streams left
 * unfinished, streams with suspects [pair, ...], errors [pair, text, ...], dead ones that are to be deleted later [pair, id, ...]].
 */
const script = `${scriptHead}${attempt}${mayDelete}
local name, consumer, idle, room = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local life, limit, keep, mode = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7], ARGV[8]
local leave, registry = ARGV[9] == 'leave', ARGV[10]
local held, heldCount = {}, 0
for i = 11, #ARGV do held[ARGV[i]] = true; heldCount = heldCount + 1 end
local entries, trimmed, dead, suspects, early = {}, {}, {}, {}, {}
local rowsLeft = 1000 + heldCount
local function bury(key, letters, row, fields)
  local record = {'XADD', letters, 'MAXLEN', '~', keep, '*'}
  for i = 1, math.min(#fields, 2000) do record[#record + 1] = fields[i] end
  record[#record + 1] = 'dead_letter_stream'; record[#record + 1] = key
  record[#record + 1] = 'dead_letter_reason'; record[#record + 1] = 'max_deliveries'
  record[#record + 1] = 'dead_letter_entry_id'; record[#record + 1] = row[1]
  record[#record + 1] = 'dead_letter_deliveries'; record[#record + 1] = row[4]
  record[#record + 1] = 'dead_letter_consumer'; record[#record + 1] = row[2]
  redis.call(unpack(record))
  redis.call('XACK', key, name, row[1])
  local verdict = mayDelete(key, name, mode, registry)
  if verdict == 'yes' then redis.call('XDEL', key, row[1]) end
  return verdict == 'early'
end
local function recover(pair, key, letters, counts)
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
          suspects[#suspects + 1] = pair
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
          if isEarly then early[#early + 1] = pair; early[#early + 1] = id end
        else
          entries[#entries + 1] = {pair, id, fields, after}
        end
      end
    end
  end
end
local errors = {}
for k = 1, #KEYS, 2 do
  local pair, counts = (k + 1) / 2, {lost = 0, buried = 0}
  local _, err = attempt(recover, pair, KEYS[k], KEYS[k + 1], counts)
  err = err or counts.err
  if err then errors[#errors + 1] = pair; errors[#errors + 1] = err end
  if counts.lost > 0 then trimmed[#trimmed + 1] = pair; trimmed[#trimmed + 1] = counts.lost end
  if counts.buried > 0 then dead[#dead + 1] = pair; dead[#dead + 1] = counts.buried end
  if #entries >= room or rowsLeft <= 0 then
    return {entries, trimmed, dead, #KEYS / 2 - pair + 1, suspects, errors, early}
  end
end
return {entries, trimmed, dead, 0, suspects, errors, early}
`;

/** Which pending entries to take over. */
export interface RecoverRequest {
  readonly group: string;
  readonly consumer: string;
  readonly streams: readonly string[];
  readonly deadLetterPrefix: string;
  readonly deadLetterMaxLength: number;
  /** Entries that nobody has touched for so long, ms. */
  readonly idleMs: number;
  /** Only what this consumer left; how long it has lived, ms. Null: what anyone left. */
  readonly ownLifeMs: number | null;
  readonly room: number;
  readonly maxDeliveries: number;
  readonly deleteAcked: 'auto' | 'on' | 'off';
  readonly leaveSuspects: boolean;
  /** The registry of workers; empty where the user may not have it. */
  readonly registry: string;
  /** Entries in work, which are to be left alone: `key id`. */
  readonly held: readonly string[];
}

/** What was found. */
export interface RecoverReply {
  readonly entries: readonly (EntryRef & {
    readonly fields: readonly Buffer[];
    readonly deliveryCount: number;
  })[];
  /** Entries whose body is gone; they were acked. */
  readonly trimmed: ByStream<number>;
  /** Entries that became dead letters. */
  readonly dead: ByStream<number>;
  /** Dead letters whose entry is to be deleted once it is known which groups will read its stream. */
  readonly deleteLater: readonly EntryRef[];
  /** Streams that may hold more, because the room was used up. */
  readonly unfinished: readonly string[];
  /** Streams whose next entry is a suspect that was left. */
  readonly suspects: readonly string[];
  readonly errors: ByStream<string>;
}

/**
 * Claims pending entries, oldest first. One that this consumer read since it lives, and does not hold, came with an answer that
 * was lost with its connection: nobody has seen it, and its next delivery is the first. A suspect has been delivered before without an
 * outcome: where these are left, a stream is gone through up to its first one, and no delivery of it is counted.
 *
 * A stream that fails leaves the others as they are; where a dead letter cannot be written, its entry stays pending.
 */
export async function recoverEntries(runner: ScriptRunner, request: RecoverRequest): Promise<RecoverReply> {
  const { streams, deadLetterPrefix, ownLifeMs } = request;
  const keys = streams.flatMap((key) => [key, deadLetterPrefix + cameraLabelOf(key)]);
  const [entries, trimmed, dead, left, suspects, errors, early] = asList(
    await runner.run(script, keys, [
      request.group,
      request.consumer,
      request.idleMs,
      request.room,
      ownLifeMs === null ? 'all' : Math.floor(ownLifeMs),
      request.maxDeliveries,
      request.deadLetterMaxLength,
      request.deleteAcked,
      request.leaveSuspects ? 'leave' : 'take',
      request.registry,
      ...request.held,
    ]),
  );
  const stream = streamOf(streams);
  return {
    entries: asList(entries).map((entry) => {
      const [pair, id, fields, deliveryCount] = asList(entry);
      return {
        streamKey: stream(pair),
        entryId: asText(id),
        fields: asFields(fields),
        deliveryCount: asNumber(deliveryCount),
      };
    }),
    trimmed: pairsOf(trimmed, stream, asNumber),
    dead: pairsOf(dead, stream, asNumber),
    deleteLater: pairsOf(early, stream, asText).map(([streamKey, entryId]) => ({ streamKey, entryId })),
    unfinished: streams.slice(streams.length - asNumber(left)),
    suspects: asList(suspects).map(stream),
    errors: pairsOf(errors, stream, asText),
  };
}
