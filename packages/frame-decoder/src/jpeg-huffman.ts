/**
 * The code at the start of the next 16 bits: its length in the upper byte, its symbol in the lower; 0 if there
 * is none.
 */
export type HuffmanTable = Uint16Array;

/** The tables of T.81, K.3, which cameras omit from motion JPEG: the content of a DHT segment. */
const standardTables =
  'AAABBQEBAQEBAQAAAAAAAAAAAQIDBAUGBwgJCgsQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJ' +
  'ChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4' +
  'ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+gEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoLEQACAQIEBAMEBwUEBAAB' +
  'AncAAQIDEQQFITEGEkFRB2FxEyIygQgUQpGhscEJIzNS8BVictEKFiQ04SXxFxgZGiYnKCkqNTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlq' +
  'c3R1dnd4eXqCg4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2dri4+Tl5ufo6ery8/T19vf4+fo=';

/** The tables in force, by class (0 DC, 1 AC) and number (0..3). */
export class HuffmanTables {
  /** 16 counts of codes by length, and the symbols. */
  readonly #definitions: Uint8Array[] = [];
  readonly #tables: (HuffmanTable | undefined)[] = [];

  /** The defined table, else the standard one; `null` if there is none, or it is malformed. */
  get(tableClass: 0 | 1, number: number): HuffmanTable | null {
    const index = tableClass * 4 + number;
    if (this.#definitions[index] === undefined) {
      const standard = new HuffmanTables();
      standard.define(Buffer.from(standardTables, 'base64'));
      this.#definitions[index] = standard.#definitions[index] ?? new Uint8Array(0);
    }
    this.#tables[index] ??= buildTable(this.#definitions[index]);
    return this.#tables[index].length === 0 ? null : this.#tables[index];
  }

  /** Takes the content of a DHT segment, without copying it. False if it is malformed. @see ITU-T T.81, B.2.4.2 */
  define(content: Uint8Array): boolean {
    let at = 0;
    while (at + 17 <= content.length) {
      const kind = content[at] ?? 0;
      if ((kind & ~0x13) !== 0) return false;
      const symbols = content.subarray(at + 1, at + 17).reduce((sum, count) => sum + count, 0);
      const index = (kind >> 4) * 4 + (kind & 15);
      this.#definitions[index] = content.subarray(at + 1, at + 17 + symbols);
      this.#tables[index] = undefined; // built when a scan asks for it
      at += 17 + symbols;
    }
    return at === content.length;
  }
}

/** Empty if there are more codes than bits can tell apart. @see ITU-T T.81, C.2 */
function buildTable(definition: Uint8Array): HuffmanTable {
  const table = new Uint16Array(65_536);
  let symbolAt = 16;
  let next = 0;
  for (let length = 1; length <= 16; length++) {
    for (let left = definition[length - 1] ?? 0; left > 0; left--) {
      const end = next + (1 << (16 - length));
      if (end > 65_536) return new Uint16Array(0);
      table.fill((length << 8) | (definition[symbolAt] ?? 0), next, end);
      symbolAt += 1;
      next = end;
    }
  }
  return table;
}

/**
 * Reads entropy-coded bits up to the next marker, then zeros. {@link isExhausted} once it has read one of
 * these.
 */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at: number;
  #bits = 0;
  /** Buffered bits, and how many of them are made up. */
  #count = 0;
  #madeUp = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get isExhausted(): boolean {
    return this.#madeUp > this.#count;
  }

  /** The next symbol, or -1 if no code matches. */
  symbol(table: HuffmanTable): number {
    if (this.#count < 16) this.#fill();
    const entry = table[(this.#bits >>> (this.#count - 16)) & 0xffff] ?? 0;
    this.#count -= entry >> 8;
    return entry === 0 ? -1 : entry & 0xff;
  }

  /** The next 0..16 bits. */
  take(bits: number): number {
    if (this.#count < bits) this.#fill();
    this.#count -= bits;
    return (this.#bits >>> this.#count) & ((1 << bits) - 1);
  }

  /** Ends the segment; returns the position of its first unread byte. */
  end(): number {
    for (let left = (this.#count - this.#madeUp) >> 3; left > 0; left--) {
      this.#at -= 1;
      const isStuffing = this.#bytes[this.#at] === 0 && this.#bytes[this.#at - 1] === 0xff;
      if (isStuffing) this.#at -= 1;
    }
    this.#count = 0;
    this.#madeUp = 0;
    return this.#at;
  }

  /** Continues at `at`, after {@link end}. */
  restart(at: number): void {
    this.#at = at;
  }

  #fill(): void {
    while (this.#count <= 24) {
      const value = this.#nextByte();
      if (value === -1) this.#madeUp += 8;
      this.#bits = (this.#bits << 8) | Math.max(value, 0);
      this.#count += 8;
    }
  }

  /** The next byte, stuffing removed, or -1 before a marker. */
  #nextByte(): number {
    const value = this.#bytes[this.#at] ?? -1;
    if (value !== 0xff) {
      if (value !== -1) this.#at += 1;
      return value;
    }
    let next = this.#at + 1;
    while (this.#bytes[next] === 0xff) next += 1;
    if (this.#bytes[next] !== 0) return -1;
    this.#at = next + 1;
    return value;
  }
}
