import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { RgbImage } from '@trinetra/contracts';
import { createFrameDecoder, type DecodedFrame, type FrameDecoder } from '@trinetra/frame-decoder';
import type { Benchmark, BenchmarkContext } from '../benchmark.ts';
import { BenchError } from '../errors.ts';
import { createPersonFinder, type PersonFinder } from '../find-persons.ts';
import { ingestorTable, type WayResult } from '../ingestor-table.ts';
import { type FoundPerson, matchPersons } from '../match-persons.ts';
import { listPictures } from '../pictures.ts';
import type { Section } from '../report.ts';
import { interleave, medians } from '../statistics.ts';
import { aspectRatioOf, encodeFrame, fullPicture, type WayToSend, waysToSend } from '../ways-to-send.ts';

/** A picture sent in one way, and what the worker finds in it. */
interface Sent {
  readonly bytes: Buffer;
  readonly aspectRatioOf: ReturnType<typeof aspectRatioOf>;
  readonly input: string;
  readonly persons: readonly FoundPerson[];
}

/** A picture of the folder, sent in all ways. */
interface Compared {
  readonly width: number;
  readonly height: number;
  readonly sent: ReadonlyMap<WayToSend, Sent>;
}

/** Decodes, passes the frame on, and releases its memory. */
async function withFrame<T>(
  decoder: FrameDecoder,
  bytes: Buffer,
  options: Pick<Sent, 'aspectRatioOf'> | undefined,
  use: (frame: DecodedFrame) => T | Promise<T>,
): Promise<T> {
  const result = await decoder.decode(bytes, options);
  if (!result.ok) throw new BenchError(result.message ?? result.reason);
  try {
    return await use(result.value);
  } finally {
    decoder.release(result.value);
  }
}

async function compare(decoder: FrameDecoder, finder: PersonFinder, path: string): Promise<Compared> {
  const file = await readFile(path);
  const picture = await withFrame(decoder, file, undefined, ({ image }): RgbImage => {
    const { width, height, data } = image;
    return { width, height, data: data.slice() };
  });
  const send = async (way: WayToSend): Promise<Sent> => {
    const bytes = await encodeFrame(way, picture, file);
    const options = { aspectRatioOf: aspectRatioOf(way, picture) };
    return withFrame(decoder, bytes, options, async (frame) => ({
      bytes,
      ...options,
      input: `${frame.letterbox.inputWidth}x${frame.letterbox.inputHeight}`,
      persons: await finder.find(frame),
    }));
  };
  const sent = await Promise.all(waysToSend.map(async (way) => [way, await send(way)] as const));
  return { width: picture.width, height: picture.height, sent: new Map(sent) };
}

/** CPU of this process, all its threads, ms a frame. */
async function decodeFor(ms: number, decoder: FrameDecoder, frames: readonly Sent[]): Promise<number> {
  const end = performance.now() + ms;
  const before = process.cpuUsage();
  let count = 0;
  do {
    for (const frame of frames) await withFrame(decoder, frame.bytes, frame, () => undefined);
    count += frames.length;
  } while (performance.now() < end);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / count;
}

const sentIn = (way: WayToSend, pictures: readonly Compared[]): Sent[] =>
  pictures.flatMap(({ sent }) => sent.get(way) ?? []);

/** Runs the models: all pictures, in all ways. */
async function compareAll(
  { say }: BenchmarkContext,
  decoder: FrameDecoder,
  finder: PersonFinder,
  paths: readonly string[],
): Promise<Compared[]> {
  const pictures: Compared[] = [];
  for (const [index, path] of paths.entries()) {
    const name = basename(path);
    say(`${name} (${index + 1} of ${paths.length})`);
    try {
      pictures.push(await compare(decoder, finder, path));
    } catch (error) {
      if (error instanceof BenchError) throw new BenchError(`${name}: ${error.message}`);
      throw error;
    }
  }
  return pictures;
}

/** Decodes the sent pictures, way by way in turn, without models. */
async function decodeCosts(
  { quick, repetitions, say }: BenchmarkContext,
  decoder: FrameDecoder,
  pictures: readonly Compared[],
): Promise<(way: WayToSend) => number> {
  const ms = quick ? 100 : 1000;
  const scenarios = Object.fromEntries(
    waysToSend.map((way) => [
      way.name,
      async () => ({ ms: await decodeFor(ms, decoder, sentIn(way, pictures)) }),
    ]),
  );
  for (const scenario of Object.values(scenarios)) await scenario(); // warm
  const results = await interleave(scenarios, repetitions, (text) => say(`decode: ${text}`));
  return ({ name }) => medians(results.get(name) ?? []).ms;
}

/** What the worker finds in frames, by how they are sent. */
export const ingestor: Benchmark = {
  name: 'ingestor',
  about: 'persons and faces that the worker finds, by how frames are sent; needs --frames',
  needsFrames: true,
  figures: 'ingestor',
  async run(context): Promise<Section> {
    const paths = await listPictures(context.frames ?? '');
    await using finder = await createPersonFinder(context.models);
    await using decoder = await createFrameDecoder(finder.decoding);
    const pictures = await compareAll(context, decoder, finder, paths);
    const wanted = sentIn(fullPicture, pictures).map(({ persons }) => persons);
    const all = wanted.flat();
    if (all.length === 0) {
      throw new BenchError(
        `--frames: expected pictures with persons but ${basename(context.models.detector)} found none in ${pictures.length} of them`,
      );
    }
    const decodeMs = await decodeCosts(context, decoder, pictures);
    const results = waysToSend.map((way): WayResult => {
      const sent = sentIn(way, pictures);
      return {
        name: way.name,
        agreements: sent.map(({ persons }, index) => matchPersons(wanted[index] ?? [], persons)),
        bytes: sent.map(({ bytes }) => bytes.byteLength),
        inputs: sent.map(({ input }) => input),
        decodeMs: decodeMs(way),
      };
    });
    const faces = all.filter(({ embedding }) => embedding !== null).length;
    return {
      name: 'ingestor',
      title: 'What the worker finds',
      command: context.command('ingestor'),
      tables: [ingestorTable(results, { pictures, persons: all.length, faces })],
      targets: [],
    };
  },
};
