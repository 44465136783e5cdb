import kafkajs from 'kafkajs';
import { compressFrame, decompressFrame } from 'lz4-napi';

const { CompressionCodecs, CompressionTypes } = kafkajs;

function hasLz4(): boolean {
  try {
    CompressionCodecs[CompressionTypes.LZ4]();
    return true;
  } catch {
    return false; // the placeholder of kafkajs throws "not implemented"
  }
}

/**
 * Gives kafkajs the LZ4 codec that it lacks. kafkajs keeps codecs for the whole process, so one that the
 * application has registered stays.
 *
 * @see https://kafka.js.org/docs/producing#a-name-compression-lz4-a-lz4
 */
export function registerLz4(): void {
  if (hasLz4()) return;
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: (encoder: { readonly buffer: Buffer }): Promise<Buffer> => compressFrame(encoder.buffer),
    decompress: (buffer: Buffer): Promise<Buffer> => decompressFrame(buffer),
  });
}
