import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFrameDecoder, type FrameDecoder } from '../src/frame-decoder.ts';
import { Book, checkCase, type Decoders } from './corrupt/check-case.ts';
import { hostileFiles } from './corrupt/hostile-files.ts';
import { breakPicture } from './corrupt/mutations.ts';
import { type ValidPicture, validPictures } from './corrupt/valid-pictures.ts';

const isFull = process.env['FAULTS'] === 'full';
/** Each case is decoded twice: `exact` and `fast`. FAULTS_SEED tries other cases. */
const generated = isFull ? 20_000 : 700;
const firstSeed = Number(process.env['FAULTS_SEED'] ?? 1);
/** Growth of the resident set that garbage not yet collected explains, MiB. */
const allowedGrowthMb = 128;

let decoders: Decoders;
let pictures: ValidPicture[];
/** Of the files whose size says nothing about memory, and of the generated ones, which are all small. */
const hostile = new Book();
const book = new Book();

beforeAll(async () => {
  // The worker's options, but for the size of the model's input: scaling is not what is tested here.
  const open = (jpegAccuracy: 'exact' | 'fast'): Promise<FrameDecoder> =>
    createFrameDecoder({ jpegAccuracy, inputSizes: [{ width: 160, height: 160 }] });
  decoders = { exact: await open('exact'), fast: await open('fast') };
  pictures = await validPictures();
});
afterAll(async () => {
  await Promise.all([decoders.exact.close(), decoders.fast.close()]);
});

describe('corrupt input', () => {
  it('what the broken pictures are made of decodes right', async () => {
    for (const { name, bytes } of pictures) {
      const outcome = await checkCase(decoders, { name, bytes, expected: 'decoded' }, book);
      expect(outcome).toEqual({ exact: 'decoded', fast: 'decoded' });
    }
  });

  it('hostile files are decoded right or refused, each with its reason, and nothing is fetched', {
    timeout: 300_000,
  }, async () => {
    const fetched: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      fetched.push(request.url);
      response.end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    try {
      const bound = server.address();
      if (bound === null || typeof bound === 'string') throw new Error('expected a port');
      const address = `http://127.0.0.1:${bound.port}`;
      for (const file of await hostileFiles(address)) await checkCase(decoders, file, hostile);
      await (await fetch(`${address}/the-server-is-there`)).text();
    } finally {
      server.close();
    }
    expect(fetched).toEqual(['/the-server-is-there']);
  });

  it('broken pictures are decoded right or refused, in bounded time and memory', {
    timeout: 1_800_000,
  }, async () => {
    for (let seed = firstSeed; seed < firstSeed + generated; seed++) {
      const { name, bytes, cutFrom } = breakPicture(seed, pictures);
      await checkCase(decoders, { name: `seed ${seed}, ${name}`, bytes, expected: 'either', cutFrom }, book);
    }
    const { growthMb, line } = book.summary();
    const injected = `${hostile.cases} hostile files and ${book.cases} broken pictures, seeds from ${firstSeed}, by both JPEG paths`;
    const counted = `hostile: ${hostile.summary().line}. Broken: ${line}. Nothing fetched`;
    console.log(`fault: corrupt input\n  injected: ${injected}\n  counted: ${counted}`);
    const file = process.env['FAULTS_REPORT'];
    if (file !== undefined) appendFileSync(file, `${JSON.stringify({ fault: 'corrupt input', injected })}\n`);
    expect(growthMb).toBeLessThan(allowedGrowthMb);
    expect(decoders.exact.stats()).toMatchObject({ queued: 0, active: 0, restarts: 0 });
    expect(decoders.fast.stats()).toMatchObject({ queued: 0, active: 0, restarts: 0 });
  });
});
