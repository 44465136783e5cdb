import type { Lease } from '../types.ts';
import { indexStreams } from './index-streams.ts';
import { scriptHead } from './lua-parts.ts';
import { asNumber, type ScriptRunner } from './reply.ts';

/**
 * KEYS: streams. ARGV: group, consumer, idle time to set in ms, then index, id and delivery count in triples.
 * Touches entries that are still pending under this consumer. Returns how many were.
 */
const script = `${scriptHead}
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

/** Leases to touch. */
export interface TouchRequest {
  readonly group: string;
  readonly consumer: string;
  /** 0: a heartbeat, the entry stays ours. More: others may claim it at once, and it has one delivery less. */
  readonly idleMs: number;
  readonly leases: readonly Lease[];
}

/** Sets the idle time of leases that are still ours; resolves to how many were. */
export async function touchEntries(
  runner: ScriptRunner,
  { group, consumer, idleMs, leases }: TouchRequest,
): Promise<number> {
  const { keys, indexOf } = indexStreams(leases);
  const args = leases.flatMap((lease) => [
    indexOf(lease),
    lease.entryId,
    idleMs === 0 ? lease.deliveryCount : Math.max(0, lease.deliveryCount - 1),
  ]);
  return asNumber(await runner.run(script, keys, [group, consumer, idleMs, ...args]));
}
