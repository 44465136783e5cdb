import { consumersOf, scriptHead } from './lua-parts.ts';
import type { ScriptRunner } from './reply.ts';

/** KEYS: streams. ARGV: group, consumer. */
const script = `${scriptHead}${consumersOf}
for _, key in ipairs(KEYS) do
  for _, row in ipairs(consumersOf(key, ARGV[1])) do
    if row['name'] == ARGV[2] and row['pending'] == 0 then
      redis.pcall('XGROUP', 'DELCONSUMER', key, ARGV[1], ARGV[2])
    end
  end
end
return 1
`;

/** Removes a consumer from the group of each stream where nothing is pending under it. */
export async function leaveGroup(
  runner: ScriptRunner,
  keys: readonly string[],
  { group, consumer }: { readonly group: string; readonly consumer: string },
): Promise<void> {
  await runner.run(script, keys, [group, consumer]);
}
