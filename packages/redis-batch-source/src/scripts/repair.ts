/**
 * Lua: the group of a stream with a true lag.
 *
 * The lag that Redis reports (XINFO GROUPS) stays too high for ever once unread entries were trimmed. It is right
 * again after `repair`: where it exceeds XLEN, only unread entries can be left in the stream (trimming takes the
 * oldest first), so XLEN is the true number, and the rest was evicted. Done before every read, this misses nothing,
 * provided that Redis knows from the group's creation on how many entries were read (ENTRIESREAD).
 */
export const repair: string = `
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
