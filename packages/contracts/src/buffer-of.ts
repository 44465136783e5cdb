/**
 * The same memory as a buffer: its `copy` and `fill` move shared memory three times as fast and more as those of a
 * typed array.
 */
export const bufferOf = ({ buffer, byteOffset, byteLength }: NodeJS.ArrayBufferView): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
