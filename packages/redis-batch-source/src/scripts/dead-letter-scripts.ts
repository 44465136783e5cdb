/*
 * The fields of a dead letter are the fields of the entry as they were, and after them what the recovery adds. What an entry
 * itself may call `dead_letter_...` stands before these and is a field like any other: only the last five pairs count.
 */

/** What the recovery adds to an entry, in its order. */
const letterFields = [
  'dead_letter_stream',
  'dead_letter_reason',
  'dead_letter_entry_id',
  'dead_letter_deliveries',
  'dead_letter_consumer',
] as const;

const added = `
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

/** KEYS: dead-letter stream. ARGV: first id, count. Returns [[id, what was added, or nothing]]: no field of the entry leaves Redis. */
export const listLettersScript: string = `${added}
local rows = {}
for i, letter in ipairs(redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])) do
  rows[i] = {letter[1], addedTo(letter[2]) or {}}
end
return rows
`;

/** KEYS: dead-letter stream. ARGV: id. Returns [fields of the entry, what was added], or nothing. */
export const readLetterScript: string = `${added}
local letter = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not letter then return {} end
local values, length = addedTo(letter[2])
if not values then return {letter[2], {}} end
local fields = {}
for i = 1, length do fields[i] = letter[2][i] end
return {fields, values}
`;

/**
 * KEYS: dead-letter stream, stream. ARGV: id. Moves a dead letter back to the stream that it came from, all or nothing:
 * a stream that cannot be written, or a right that is missing, shows before anything has changed. Trims nothing.
 * Returns [new id, entries in the stream], or nothing where the letter is not there or came from elsewhere.
 */
export const replayLetterScript: string = `${added}
local letter = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not letter then return {} end
local values, length = addedTo(letter[2])
if not values or values[1] ~= KEYS[2] or length == 0 then return {} end
local record = {'XADD', KEYS[2], '*'}
for i = 1, length do record[#record + 1] = letter[2][i] end
redis.call('XDEL', KEYS[1], '0-1')
local size = redis.call('XLEN', KEYS[2])
local id = redis.call(unpack(record))
redis.call('XDEL', KEYS[1], ARGV[1])
return {id, size + 1}
`;

/** KEYS: dead-letter stream. ARGV: ids. Returns how many are gone. */
export const dropLettersScript: string = `return redis.call('XDEL', KEYS[1], unpack(ARGV))`;
