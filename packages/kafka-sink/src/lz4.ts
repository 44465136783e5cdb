import kafkajs from 'kafkajs';
import { compressFrame, compressFrameSync, decompressFrame } from 'lz4-napi';

const { CompressionCodecs, CompressionTypes } = kafkajs;

/**
 * Up to here compressing takes a tenth of a millisecond or less, bytes: as long as handing it to another thread and
 * waiting for it, or shorter.
 */
const maxSyncBytes = 16_384;

async function compress({ buffer }: { readonly buffer: Buffer }): Promise<Buffer> {
  return buffer.length <= maxSyncBytes ? compressFrameSync(buffer) : compressFrame(buffer);
}

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
    compress,
    decompress: (buffer: Buffer): Promise<Buffer> => decompressFrame(buffer),
  });
}
