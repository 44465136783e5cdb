/**
 * The first line of every script that writes. Redis runs it although its memory is full: reading and acking free memory, and
 * a group takes 220 bytes (Redis 7.0.15). A replica, or a server that may not write, refuses the whole script, so
 * that what fails later is the fault of one stream.
 */
export const scriptHead = '#!lua flags=allow-oom';

/** Lua: calls a function; one that fails gives nil and the error as text. */
export const attempt: string = `
local function attempt(step, ...)
  local ok, result = pcall(step, ...)
  if ok then return result end
  return nil, type(result) == 'table' and result['err'] or tostring(result)
end
`;

/** Lua: the time by the clock of Redis, ms since the epoch. */
export const clock: string = `
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`;

/** Lua: the group of a stream, and its other groups; nothing at all where there is no such stream. */
export const groupOf: string = `
local function groupOf(key, name)
  local groups = redis.pcall('XINFO', 'GROUPS', key)
  if groups['err'] then
    if string.find(groups['err'], 'no such key') then return nil, nil end
    error(groups)
  end
  local own, others = nil, {}
  for _, flat in ipairs(groups) do
    local group = {}
    for i = 1, #flat, 2 do group[flat[i]] = flat[i + 1] end
    if group['name'] == name then own = group else others[#others + 1] = group end
  end
  return own, others
end
`;

/** Lua: the names of what the recovery adds to an entry that becomes a dead letter, in their order. */
export const letterFields: string = `
local letterFields = {
  'dead_letter_stream', 'dead_letter_reason', 'dead_letter_entry_id', 'dead_letter_deliveries', 'dead_letter_consumer',
}
`;
