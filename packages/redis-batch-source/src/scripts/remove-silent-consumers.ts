import { consumersOf, scriptHead } from './lua-parts.ts';
import { asList, asText, type ScriptRunner } from './reply.ts';

/** KEYS: streams. ARGV: group, idle time in ms. Returns the names of the consumers that were removed. */
const script = `${scriptHead}${consumersOf}
local removed = {}
for _, key in ipairs(KEYS) do
  for _, row in ipairs(consumersOf(key, ARGV[1])) do
    if row['pending'] == 0 and row['idle'] >= tonumber(ARGV[2]) then
      local reply = redis.pcall('XGROUP', 'DELCONSUMER', key, ARGV[1], row['name'])
      if type(reply) == 'number' then removed[#removed + 1] = row['name'] end
    end
  end
end
return removed
`;

/**
 * Removes the consumers that hold nothing and have been silent for `silentMs`; one that lives after all is there again with its
 * next read. Resolves to their names.
 */
export async function removeSilentConsumers(
  runner: ScriptRunner,
  keys: readonly string[],
  { group, silentMs }: { readonly group: string; readonly silentMs: number },
): Promise<string[]> {
  return asList(await runner.run(script, keys, [group, silentMs])).map(asText);
}
