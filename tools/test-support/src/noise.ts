/** RGB pixels of pseudo-random levels, the darkest and the brightest among them often; in shared memory, as decoded pictures are. */
export function noise(width: number, height: number, seed: number): Uint8Array {
  let state = seed;
  const data = new Uint8Array(new SharedArrayBuffer(width * height * 3));
  for (let at = 0; at < data.length; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const level = state >>> 22;
    data[at] = level < 256 ? level : level < 512 ? 0 : level < 768 ? 255 : level;
  }
  return data;
}
