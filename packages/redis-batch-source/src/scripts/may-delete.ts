import { clock, groupOf } from './lua-parts.ts';
import { groupLeaseMs, nameLeaseMs } from './registry.ts';

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
