import { asList, asText, type Reply } from './reply.ts';

/*
 * The fields of a dead letter are the fields of the entry as they were, and after them what the recovery adds. What an entry
 * itself may call `dead_letter_...` stands before these and is a field like any other: only the last five pairs count.
 */

/** How a dead letter came to be. */
export interface LetterOrigin {
  /** The stream that it was an entry of, and its id there. */
  readonly streamKey: string;
  readonly entryId: string;
  /** `max_deliveries`. */
  readonly reason: string;
  readonly deliveryCount: number;
  /** The last one that took it up. */
  readonly consumer: string;
}

/** What the recovery adds to an entry, in its order. */
const letterFields = [
  'dead_letter_stream',
  'dead_letter_reason',
  'dead_letter_entry_id',
  'dead_letter_deliveries',
  'dead_letter_consumer',
] as const;

/** Lua: what the recovery added to an entry, and where the fields of the entry end; nothing where it added nothing. */
export const added: string = `
local names = {${letterFields.map((name) => `'${name}'`).join(', ')}}
local function addedTo(fields)
  local from, values = #fields - 2 * #names, {}
  if from < 0 then return nil end
  for i, name in ipairs(names) do
    if fields[from + 2 * i - 1] ~= name then return nil end
    values[i] = fields[from + 2 * i]
  end
  return values, from
end
`;

/** What {@link added} found; undefined where something else than a source wrote the letter. */
export function originOf(reply: Reply | undefined): LetterOrigin | undefined {
  const [streamKey, reason, entryId, deliveries, consumer] = asList(reply).map(asText);
  if (streamKey === undefined || reason === undefined || entryId === undefined || consumer === undefined)
    return undefined;
  return { streamKey, reason, entryId, deliveryCount: Number(deliveries), consumer };
}
