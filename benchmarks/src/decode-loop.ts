// Decoding alone, one core. Run by loop-child.ts with a job as JSON.
import { readFileSync } from 'node:fs';
import jpeg from '@julusian/jpeg-turbo';
import { valueOrThrow } from '@trinetra/contracts';
import { createFrameDecoder } from '@trinetra/frame-decoder';
import sharp from 'sharp';

/** The decoder, the pictures (a JSON file of base64 strings), and the duration. */
export interface DecodeJob {
  readonly decoder: 'sharp' | 'jpeg-turbo' | 'package-exact' | 'package-fast';
  readonly pictures: string;
  readonly seconds: number;
}

type Decode = (picture: Buffer) => Promise<unknown>;

async function decoderOf(name: DecodeJob['decoder']): Promise<Decode> {
  sharp.concurrency(1);
  sharp.cache(false);
  if (name === 'sharp') return (picture) => sharp(picture, { ignoreIcc: true }).raw().toBuffer();
  if (name === 'jpeg-turbo') {
    const target = Buffer.allocUnsafe(4096 * 4096 * 3);
    return async (picture) => jpeg.decompressSync(picture, target, { format: jpeg.FORMAT_RGB });
  }
  const decoder = await createFrameDecoder({
    tensorType: 'uint8',
    jpegAccuracy: name === 'package-fast' ? 'fast' : 'exact',
  });
  return async (picture) => {
    const result = await decoder.decode(picture);
    decoder.release(valueOrThrow(result));
  };
}

const job = JSON.parse(process.argv[2] ?? '{}') as DecodeJob;
const pictures = (JSON.parse(readFileSync(job.pictures, 'utf8')) as string[]).map((text) =>
  Buffer.from(text, 'base64'),
);
const decode = await decoderOf(job.decoder);

async function decodeFor(ms: number): Promise<number> {
  const end = performance.now() + ms;
  let count = 0;
  while (performance.now() < end) {
    await decode(pictures[count % pictures.length] ?? Buffer.alloc(0));
    count += 1;
  }
  return count;
}

await decodeFor(500);
const before = process.cpuUsage();
const startedAt = performance.now();
const count = await decodeFor(job.seconds * 1000);
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(before);
process.stdout.write(
  JSON.stringify({ perSecond: count / seconds, cpuMsEach: (user + system) / 1000 / count }),
  () => process.exit(0),
);
