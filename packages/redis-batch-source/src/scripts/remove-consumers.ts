import type { RedisClient } from '../connection/redis-client.ts';
import { scriptHead } from './lua-parts.ts';

/** KEYS: streams. ARGV: group, name of a consumer or '' for any, idle time in ms. Returns the names of those that were removed. */
const script = `${scriptHead}
local removed = {}
for _, key in ipairs(KEYS) do
  local consumers = redis.pcall('XINFO', 'CONSUMERS', key, ARGV[1])
  for _, flat in ipairs(consumers['err'] and {} or consumers) do
    local row = {}
    for i = 1, #flat, 2 do row[flat[i]] = flat[i + 1] end
    local isMeant = ARGV[2] == '' or ARGV[2] == row['name']
    if isMeant and row['pending'] == 0 and row['idle'] >= tonumber(ARGV[3]) then
      local reply = redis.pcall('XGROUP', 'DELCONSUMER', key, ARGV[1], row['name'])
      if type(reply) == 'number' then table.insert(removed, row['name']) end
    end
  end
end
return removed
`;

/** Which consumers to remove, of those that hold nothing. */
export interface ConsumerSelection {
  readonly group: string;
  /** Default: any. */
  readonly consumer?: string;
  /** For how long they have been silent, ms. Default 0. */
  readonly silentMs?: number;
}

/** Removes consumers from the group of each stream; one that lives after all is there again with its next read. Resolves to their names. */
export async function removeConsumers(
  client: RedisClient,
  streams: readonly string[],
  { group, consumer = '', silentMs = 0 }: ConsumerSelection,
): Promise<string[]> {
  return (await client.run<Buffer[]>(script, streams, [group, consumer, silentMs])).map(String);
}
