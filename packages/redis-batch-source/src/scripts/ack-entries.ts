import type { EntryRef } from '../types.ts';
import { indexStreams } from './index-streams.ts';
import { attempt, scriptHead } from './lua-parts.ts';
import { mayDelete } from './may-delete.ts';
import { asList, asText, type ByStream, pairsOf, type ScriptRunner, streamOf } from './reply.ts';

/**
 * KEYS: streams. ARGV: group, delete mode, registry of workers or '', then index and id in pairs. Returns whether it was too early to
 * delete something (1 or 0), and errors [index, text, ...].
 */
const script = `${scriptHead}${attempt}${mayDelete}
local name, mode, registry = ARGV[1], ARGV[2], ARGV[3]
local ids = {}
for i = 4, #ARGV, 2 do
  local k = tonumber(ARGV[i])
  ids[k] = ids[k] or {}
  ids[k][#ids[k] + 1] = ARGV[i + 1]
end
local early = 0
local function ack(key, list)
  redis.call('XACK', key, name, unpack(list))
  local verdict = mayDelete(key, name, mode, registry)
  if verdict == 'yes' then redis.call('XDEL', key, unpack(list)) end
  if verdict == 'early' then early = 1 end
end
local errors = {}
for k, list in pairs(ids) do
  local _, err = attempt(ack, KEYS[k], list)
  if err then errors[#errors + 1] = k; errors[#errors + 1] = err end
end
return {early, errors}
`;

/** Entries to ack. */
export interface AckRequest {
  readonly group: string;
  readonly deleteAcked: 'auto' | 'on' | 'off';
  /** The registry of workers; empty where the user may not have it. */
  readonly registry: string;
  readonly entries: readonly EntryRef[];
}

/** Acks entries and deletes them where they may be; `tooEarly`: which groups will read a stream is not known yet. */
export async function ackEntries(
  runner: ScriptRunner,
  { group, deleteAcked, registry, entries }: AckRequest,
): Promise<{ readonly tooEarly: boolean; readonly errors: ByStream<string> }> {
  const { keys, indexOf } = indexStreams(entries);
  const args = entries.flatMap((entry) => [indexOf(entry), entry.entryId]);
  const [early, errors] = asList(await runner.run(script, keys, [group, deleteAcked, registry, ...args]));
  return { tooEarly: early === 1, errors: pairsOf(errors, streamOf(keys), asText) };
}
