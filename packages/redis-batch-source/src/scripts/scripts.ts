import { groupOf, mayDelete } from './registry-scripts.ts';
import { attempt, scriptHead } from './script-parts.ts';

/*
 * Everything that must be exact or atomic happens inside Redis, one script a round trip. Redis 7.0 or later.
 *
 * The lag that Redis reports (XINFO GROUPS) stays too high for ever once unread entries were trimmed. It is right
 * again after `repair`: where it exceeds XLEN, only unread entries can be left in the stream (trimming takes the
 * oldest first), so XLEN is the true number, and the rest was evicted. Done before every read, this misses nothing,
 * provided that Redis knows from the group's creation on how many entries were read (ENTRIESREAD).
 */

const repair = `
local function added(key)
  local flat = redis.call('XINFO', 'STREAM', key)
  for i = 1, #flat, 2 do if flat[i] == 'entries-added' then return flat[i + 1] end end
end
local function create(key, name)
  redis.call('XGROUP', 'CREATE', key, name, '0')
  redis.call('XGROUP', 'SETID', key, name, '0', 'ENTRIESREAD', added(key) - redis.call('XLEN', key))
end
local function repair(key, group, length)
  local lag, read = group['lag'], group['entries-read']
  if not read and group['last-delivered-id'] == '0-0' then
    redis.call('XGROUP', 'SETID', key, group['name'], '0', 'ENTRIESREAD', added(key) - length)
    return length, 0
  end
  if not lag or not read or lag <= length then return lag, 0 end
  redis.call('XGROUP', 'SETID', key, group['name'], group['last-delivered-id'], 'ENTRIESREAD', read + lag - length)
  return length, lag - length
end
`;

/**
 * KEYS: streams. ARGV: group, consumer, room, then visits (indices into KEYS, from 1).
 * Reads one entry a visit until the room is used; afterwards goes round the streams that still give.
 * Returns [entries [[index, id, fields]], evicted [index, n, ...], empty [index, ...], errors [index, text, ...], time in ms].
 */
export const readScript: string = `${scriptHead}${attempt}${groupOf}${repair}
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

/**
 * KEYS: streams. ARGV: group, delete mode, registry of workers or '', then index and id in pairs. Returns whether it was too early to
 * delete something (1 or 0), and errors [index, text, ...].
 */
export const ackScript: string = `${scriptHead}${attempt}${mayDelete}
local name, mode, registry = ARGV[1], ARGV[2], ARGV[3]
local ids = {}
for i = 4, #ARGV, 2 do
  local k = tonumber(ARGV[i])
  ids[k] = ids[k] or {}
  ids[k][#ids[k] + 1] = ARGV[i + 1]
end
local early = 0
local function ack(key, list)
  redis.call('XACK', key, name, unpack(list))
  local verdict = mayDelete(key, name, mode, registry)
  if verdict == 'yes' then redis.call('XDEL', key, unpack(list)) end
  if verdict == 'early' then early = 1 end
end
local errors = {}
for k, list in pairs(ids) do
  local _, err = attempt(ack, KEYS[k], list)
  if err then errors[#errors + 1] = k; errors[#errors + 1] = err end
end
return {early, errors}
`;

/**
 * KEYS: streams. ARGV: group, consumer, idle time to set in ms, then index, id and delivery count in triples.
 * Touches entries that are still pending under this consumer: with idle 0 they stay ours (heartbeat); with more, and
 * one delivery less, they are up for others at once (release). Returns how many were ours.
 */
export const touchScript: string = `${scriptHead}
local name, consumer, idle = ARGV[1], ARGV[2], ARGV[3]
local ours = 0
for i = 4, #ARGV, 3 do
  local key, id = KEYS[tonumber(ARGV[i])], ARGV[i + 1]
  local row = redis.pcall('XPENDING', key, name, id, id, 1, consumer)
  if not row['err'] and row[1] then
    local claimed = redis.pcall('XCLAIM', key, name, consumer, 0, id, 'IDLE', idle, 'RETRYCOUNT', ARGV[i + 2], 'JUSTID')
    if not claimed['err'] then ours = ours + 1 end
  end
end
return ours
`;

/**
 * KEYS: streams. ARGV: group. Creates the group where it is missing and looks at each stream. Streams that are gone stay gone.
 * Returns [time in ms, [[length, unread, oldest unread id or '', its camera_type or '', evicted, behind, its ingest_ts or '',
 * consumers of the group], 0 where it is gone, or an error text]], with `behind` [group, its last delivered id, ...] of the other
 * groups that have something to read.
 */
export const lookScript: string = `${scriptHead}${attempt}${groupOf}${repair}
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

/** KEYS: streams. ARGV: group, consumer. Removes the consumer where nothing is pending under it. */
export const leaveScript: string = `${scriptHead}
for _, key in ipairs(KEYS) do
  local consumers = redis.pcall('XINFO', 'CONSUMERS', key, ARGV[1])
  if not consumers['err'] then
    for _, flat in ipairs(consumers) do
      local row = {}
      for i = 1, #flat, 2 do row[flat[i]] = flat[i + 1] end
      if row['name'] == ARGV[2] and row['pending'] == 0 then
        redis.pcall('XGROUP', 'DELCONSUMER', key, ARGV[1], ARGV[2])
      end
    end
  end
end
return 1
`;

/**
 * KEYS: streams. ARGV: group, idle time in ms. Removes the consumers that have been silent for so long and hold nothing;
 * one that lives after all is there again with its next read. Returns their names.
 */
export const sweepScript: string = `${scriptHead}
local removed = {}
for _, key in ipairs(KEYS) do
  local consumers = redis.pcall('XINFO', 'CONSUMERS', key, ARGV[1])
  if not consumers['err'] then
    for _, flat in ipairs(consumers) do
      local row = {}
      for i = 1, #flat, 2 do row[flat[i]] = flat[i + 1] end
      if row['pending'] == 0 and row['idle'] >= tonumber(ARGV[2]) then
        local reply = redis.pcall('XGROUP', 'DELCONSUMER', key, ARGV[1], row['name'])
        if type(reply) == 'number' then removed[#removed + 1] = row['name'] end
      end
    end
  end
end
return removed
`;
