import type { GroupContext } from '../group-context.ts';
import type { Lease } from '../types.ts';
import { scriptHead } from './lua-parts.ts';

/**
 * KEYS: the stream of each entry. ARGV: group, consumer, idle time to set in ms, then id and delivery count in pairs.
 * Touches entries that are still pending under this consumer. Returns how many were.
 */
const script = `${scriptHead}
local name, consumer, idle = ARGV[1], ARGV[2], ARGV[3]
local ours = 0
for i, key in ipairs(KEYS) do
  local id, deliveries = ARGV[2 * i + 2], ARGV[2 * i + 3]
  local row = redis.pcall('XPENDING', key, name, id, id, 1, consumer)
  if not row['err'] and row[1] then
    local claimed = redis.pcall('XCLAIM', key, name, consumer, 0, id, 'IDLE', idle, 'RETRYCOUNT', deliveries, 'JUSTID')
    if not claimed['err'] then ours = ours + 1 end
  end
end
return ours
`;

/**
 * Sets the idle time of leases that are still ours; resolves to how many were.
 *
 * @param idleMs 0: a heartbeat, the entry stays ours. More: others may claim it at once, and it has one delivery less.
 */
export async function touchEntries(
  { client, settings, registry }: GroupContext,
  leases: readonly Lease[],
  idleMs: number,
): Promise<number> {
  const args = leases.flatMap(({ entryId, deliveryCount }) => [
    entryId,
    idleMs === 0 ? deliveryCount : Math.max(0, deliveryCount - 1),
  ]);
  return client.run(
    script,
    leases.map(({ streamKey }) => streamKey),
    [settings.consumerGroup, registry.name, idleMs, ...args],
  );
}
