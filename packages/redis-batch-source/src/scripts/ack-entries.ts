import type { GroupContext } from '../group-context.ts';
import type { EntryRef } from '../types.ts';
import { attempt, scriptHead } from './lua-parts.ts';
import { mayDelete } from './may-delete.ts';
import type { ByStream } from './reply.ts';

/** KEYS: the stream of each entry. ARGV: group, delete mode, registry of workers or '', then the ids. */
const script = `${scriptHead}${attempt}${mayDelete}
local name, mode, registry = ARGV[1], ARGV[2], ARGV[3]
local ids = {}
for i, key in ipairs(KEYS) do
  ids[key] = ids[key] or {}
  table.insert(ids[key], ARGV[i + 3])
end
local early = 0
local function ack(key, list)
  redis.call('XACK', key, name, unpack(list))
  local verdict = mayDelete(key, name, mode, registry)
  if verdict == 'yes' then redis.call('XDEL', key, unpack(list)) end
  if verdict == 'early' then early = 1 end
end
local errors = {}
for key, list in pairs(ids) do
  local _, err = attempt(ack, key, list)
  if err then table.insert(errors, {key, err}) end
end
return {early, errors}
`;

/** `tooEarly`: which groups will read a stream is not known yet, so some entries are not deleted. */
type AckReply = readonly [tooEarly: 0 | 1, errors: ByStream<Buffer>];

/** Acks entries and deletes them where they may be. */
export async function ackEntries(
  { client, settings, registry }: GroupContext,
  entries: readonly EntryRef[],
): Promise<AckReply> {
  return client.run(
    script,
    entries.map(({ streamKey }) => streamKey),
    [settings.consumerGroup, settings.deleteAcked, registry.key, ...entries.map(({ entryId }) => entryId)],
  );
}
