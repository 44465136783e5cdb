/*
 * What scripts return are numbers, bytes and lists of these. Each script names the shape of its reply; texts in it are bytes.
 */

/** An entry with its fields, flat: name, value, name, value, ... */
export type EntryReply = readonly [streamKey: Buffer, entryId: Buffer, fields: readonly Buffer[]];

/** What a script says of single streams. */
export type ByStream<T> = readonly (readonly [streamKey: Buffer, what: T])[];
