import kafkajs from 'kafkajs';
import { expect, it } from 'vitest';
import { registerLz4 } from './lz4.ts';

it.each([1, 16_384, 16_385, 200_000])('compresses %d bytes to a frame that gives them back', async (size) => {
  registerLz4();
  const codec = kafkajs.CompressionCodecs[kafkajs.CompressionTypes.LZ4]();
  const buffer = Buffer.alloc(size, '[0.01234,-0.05]');
  const compressed = await codec.compress({ buffer });
  expect(compressed.readUInt32LE(0)).toBe(0x184d2204); // the magic number of an LZ4 frame
  expect(await codec.decompress(compressed)).toEqual(buffer);
});
