import type { RedisClient } from '../connection/redis-client.ts';
import { clock, scriptHead } from './lua-parts.ts';
import { groupLeaseMs, registryKey } from './registry.ts';

/** KEYS: registry. ARGV: field, JSON about us, how long the name is taken from now on in ms. */
const script = `${scriptHead}${clock}
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

/** A name for a consumer. */
export interface NameRequest {
  readonly group: string;
  readonly name: string;
  /** JSON about us. */
  readonly about: string;
  /** For how long the name is taken from now on, ms; 0: it is given back. */
  readonly leaseMs: number;
}

/**
 * Takes or keeps the name, unless another consumer holds it: resolves to the value of that one then, else to ''. Forgets workers that
 * have long been gone.
 */
export async function registerName(
  client: RedisClient,
  { group, name, about, leaseMs }: NameRequest,
): Promise<string> {
  return String(await client.run(script, [registryKey], [JSON.stringify([group, name]), about, leaseMs]));
}
