/** A chunk of mono audio, 16-bit samples. */
export interface Chunk {
  readonly samples: Int16Array;
  readonly rate: number;
}

/** Reads the flat fields of an entry: `pcm` (little endian) and `rate` (Hz). Undefined for anything else. */
export function chunkOf(fields: readonly Buffer[]): Chunk | undefined {
  const values = new Map<string, Buffer>();
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [name, value] = [fields[at], fields[at + 1]];
    if (name !== undefined && value !== undefined) values.set(name.toString(), value);
  }
  const pcm = values.get('pcm');
  const rate = Number(values.get('rate'));
  if (pcm === undefined || pcm.length === 0 || pcm.length % 2 !== 0 || !(rate > 0)) return undefined;
  const samples = new Int16Array(pcm.length / 2);
  for (let at = 0; at < samples.length; at += 1) samples[at] = pcm.readInt16LE(2 * at);
  return { samples, rate };
}

/** Loudness of a batch of chunks, dBFS: 0 for a full square wave, -Infinity for silence. It stands for a model. */
export function loudnessOf(chunks: readonly Chunk[]): number[] {
  return chunks.map(({ samples }) => {
    let squares = 0;
    for (const sample of samples) squares += (sample / 32_768) ** 2;
    return 10 * Math.log10(squares / samples.length);
  });
}
