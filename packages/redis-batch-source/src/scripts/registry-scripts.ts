import { scriptHead } from './script-parts.ts';

/*
 * The registry is one hash in Redis in which every worker says twice a second that it lives: which group it reads for, under which
 * name, and how the streams begin that it reads. A field is `["group","name"]`, its value the time until which the name is taken
 * (ms, by the clock of Redis), a space, and JSON about who holds it. The field `_since` says since when there has been a registry.
 */

/** The hash. */
export const registryKey = 'trinetra:workers';

/** For how long a name is taken after its holder last said that it lives, ms. */
export const nameLeaseMs = 2000;

/** For how long a group is expected back after the last of its workers, ms: a rollout takes less. */
const groupLeaseMs = 60_000;

const clock = `
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

/**
 * Lua: whether entries that a group acked may be deleted from a stream: `yes`, `no`, or `early` where the registry is so young that
 * workers may live that it does not know yet. With `auto`: no other group has the stream, and none of a living worker will.
 */
export const mayDelete: string = `${groupOf}${clock}
local function groupsToCome(registry, own)
  local flat = redis.pcall('HGETALL', registry)
  if flat['err'] then return {}, true end
  local now, prefixes, sure = clock(), {}, false
  for i = 1, #flat, 2 do
    local till, json = string.match(flat[i + 1], '^(%d+) ?(.*)$')
    if flat[i] == '_since' then
      sure = till and now - till >= ${nameLeaseMs}
    elseif till and till + ${groupLeaseMs} >= now then
      local fine, field, about = pcall(function() return cjson.decode(flat[i]), cjson.decode(json) end)
      if fine and field[1] ~= own then prefixes[#prefixes + 1] = about['prefix'] end
    end
  end
  return prefixes, sure
end
local function mayDelete(key, name, mode, registry)
  if mode ~= 'auto' then return mode == 'on' and 'yes' or 'no' end
  local group, others = groupOf(key, name)
  if not group or #others > 0 then return 'no' end
  if registry == '' then return 'yes' end
  local prefixes, sure = groupsToCome(registry, name)
  for _, prefix in ipairs(prefixes) do
    if string.sub(key, 1, #prefix) == prefix then return 'no' end
  end
  return sure and 'yes' or 'early'
end
`;

/**
 * KEYS: registry. ARGV: field, JSON about us, how long the name is taken from now on in ms (0: it is given back). Takes or keeps
 * the name, unless somebody else holds it: his value is returned then, else ''. Forgets workers that have long been gone.
 */
export const registerScript: string = `${scriptHead}${clock}
local now = clock()
local flat = redis.call('HGETALL', KEYS[1])
local since, holder = false, ''
for i = 1, #flat, 2 do
  local till, about = string.match(flat[i + 1], '^(%d+) ?(.*)$')
  if flat[i] == '_since' then
    since = true
  elseif not till or till + ${groupLeaseMs} < now then
    redis.call('HDEL', KEYS[1], flat[i])
  elseif flat[i] == ARGV[1] and about ~= ARGV[2] and tonumber(till) > now then
    holder = flat[i + 1]
  end
end
if not since then redis.call('HSET', KEYS[1], '_since', now) end
if holder == '' then redis.call('HSET', KEYS[1], ARGV[1], (now + ARGV[3]) .. ' ' .. ARGV[2]) end
return holder
`;
