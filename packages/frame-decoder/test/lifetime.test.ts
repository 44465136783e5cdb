import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { createFrameDecoder, createFrameDecoderWith } from '../src/frame-decoder.ts';
import { encode, gradient } from './pictures.ts';

let jpeg: Buffer;
let killer: Buffer;
beforeAll(async () => {
  jpeg = await encode(gradient(320, 180), 320, 180).jpeg().toBuffer();
  killer = await encode(gradient(13, 13), 13, 13).png().toBuffer();
});
const threadFile = (name: string): URL => new URL(`./fixtures/${name}`, import.meta.url);

/** What a process prints that makes a decoder, and how it ends. */
function runForgetful(mode: string): { status: number | null; stdout: string } {
  const file = fileURLToPath(threadFile('forgetful.ts'));
  const conditions = process.execArgv.filter((argument) => argument.startsWith('--conditions='));
  const args = [...conditions, file, mode, jpeg.toString('base64')];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
  return { status, stdout };
}

describe('a process', () => {
  it('ends once the frame is decoded, though nobody closes the decoder', () => {
    expect(runForgetful('leave')).toEqual({ status: 0, stdout: 'decoded\n' });
  });

  it('waits for close()', () => {
    expect(runForgetful('close')).toEqual({ status: 0, stdout: 'decoded\nclosed\n' });
  });
});

describe('buffers', () => {
  it('come back from release() and are used for the next frame', async () => {
    await using decoder = await createFrameDecoder();
    const first = await decoder.decode(jpeg);
    if (!first.ok) throw new Error(first.message);
    const { image, tensor } = first.value;
    expect(tensor.byteLength).toBe(tensor.buffer.byteLength);
    const { allocatedBuffers } = decoder.stats();
    decoder.release(first.value);
    decoder.release(first.value);

    const second = await decoder.decode(jpeg);
    if (!second.ok) throw new Error(second.message);
    expect(decoder.stats().allocatedBuffers).toBe(allocatedBuffers);
    expect(second.value.image.data.buffer).toBe(image.data.buffer);
    expect(second.value.tensor.buffer).toBe(tensor.buffer);
  });

  it('are one where the picture is the tensor, and are given back once', async () => {
    await using decoder = await createFrameDecoder({
      inputSizes: [{ width: 320, height: 180 }],
      tensorType: 'uint8',
    });
    const [first, other] = await Promise.all([decoder.decode(jpeg), decoder.decode(jpeg)]);
    if (!first.ok || !other.ok) throw new Error('not decoded');
    expect(first.value.tensor).toEqual(first.value.image.data);
    expect(first.value.tensor.buffer).toBe(first.value.image.data.buffer);
    decoder.release(first.value);
    const [second, third] = await Promise.all([decoder.decode(jpeg), decoder.decode(jpeg)]);
    if (!second.ok || !third.ok) throw new Error('not decoded');
    expect(new Set([second, third, other].map(({ value }) => value.image.data.buffer)).size).toBe(3);
    expect(third.value.tensor).toEqual(other.value.tensor);
  });

  it('stay bounded over many frames, good and bad', async () => {
    await using decoder = await createFrameDecoder({ threads: 2 });
    const round = async (): Promise<void> => {
      const results = await Promise.all(
        [jpeg, jpeg.subarray(0, 900), jpeg, Buffer.alloc(30)].map((bytes) => decoder.decode(bytes)),
      );
      for (const result of results) if (result.ok) decoder.release(result.value);
    };
    await round();
    const { allocatedBuffers } = decoder.stats();
    for (let i = 0; i < 30; i++) await round();
    expect(decoder.stats().allocatedBuffers).toBe(allocatedBuffers);
    expect(decoder.stats()).toMatchObject({ queued: 0, active: 0 });
  });

  it('are copied: the caller may overwrite its bytes at once', async () => {
    await using decoder = await createFrameDecoder();
    const bytes = Uint8Array.from(jpeg);
    const pending = decoder.decode(bytes);
    bytes.fill(0);
    expect(await pending).toMatchObject({ ok: true });
  });
});

describe('many calls at once', () => {
  it('keep their own results over two threads', async () => {
    await using decoder = await createFrameDecoder({ threads: 2 });
    const sizes = Array.from({ length: 24 }, (_, i) => 40 + i);
    const frames = await Promise.all(
      sizes.map(async (size) => encode(gradient(size, 50), size, 50).png().toBuffer()),
    );
    const results = await Promise.all(frames.map((bytes) => decoder.decode(bytes)));
    expect(results.map((result) => (result.ok ? result.value.image.width : -1))).toEqual(sizes);
  });
});

describe('abort', () => {
  it('rejects at once, leaves the other calls alone and keeps no buffer', async () => {
    await using decoder = await createFrameDecoder();
    const controller = new AbortController();
    const running = decoder.decode(jpeg, { signal: controller.signal });
    const queued = decoder.decode(jpeg, { signal: controller.signal });
    const other = decoder.decode(jpeg);
    controller.abort(new Error('stop'));
    await expect(running).rejects.toThrow('stop');
    await expect(queued).rejects.toThrow('stop');
    const result = await other;
    if (!result.ok) throw new Error(result.message);
    decoder.release(result.value);
    const { allocatedBuffers } = decoder.stats();
    await Promise.all([decoder.decode(jpeg), decoder.decode(jpeg)]);
    expect(decoder.stats().allocatedBuffers).toBe(allocatedBuffers);
    await expect(decoder.decode(jpeg, { signal: controller.signal })).rejects.toThrow('stop');
  });
});

describe.runIf(process.platform === 'linux')('exact decoding', () => {
  it.each(['../src/frame-decoder.ts', '../dist/index.js'])('finds libjpeg-turbo from %s', async (file) => {
    const warnings: unknown[] = [];
    const log = (): void => undefined;
    const logger = {
      debug: log,
      info: log,
      error: log,
      warn: (...all: unknown[]) => void warnings.push(all),
    };
    const module: Pick<typeof import('../src/frame-decoder.ts'), 'createFrameDecoder'> = await import(
      new URL(file, import.meta.url).href
    );
    await using decoder = await module.createFrameDecoder({ jpegAccuracy: 'exact', logger });
    expect((await decoder.decode(jpeg)).ok).toBe(true);
    expect(warnings).toEqual([]);
  });

  it('says once that libvips decodes where libjpeg-turbo is not there', async () => {
    const warnings: string[] = [];
    const log = (): void => undefined;
    const warn = (details: object, text: string): void => {
      warnings.push(`${text}: ${JSON.stringify(details)}`);
    };
    await using decoder = await createFrameDecoderWith(
      { jpegAccuracy: 'exact', threads: 2, logger: { debug: log, info: log, error: log, warn } },
      threadFile('slow-thread.ts'),
    );
    expect(decoder.stats().active).toBe(0);
    expect(warnings).toEqual([
      'JPEGs take twice the time: libvips decodes them, not libjpeg-turbo: {"reason":"no such library"}',
    ]);
  });
});

describe('a dying thread', () => {
  it('costs its own frame only and is replaced', async () => {
    const warnings: string[] = [];
    const log = (): void => undefined;
    const logger = {
      debug: log,
      info: log,
      error: log,
      warn: (_: object, text: string) => void warnings.push(text),
    };
    await using decoder = await createFrameDecoderWith({ logger }, threadFile('crashing-thread.ts'));
    const results = await Promise.all(
      [jpeg, killer, jpeg, killer, jpeg].map((bytes) => decoder.decode(bytes)),
    );
    expect(results.map((result) => (result.ok ? 'ok' : result.reason))).toEqual([
      'ok',
      'corrupt',
      'ok',
      'corrupt',
      'ok',
    ]);
    expect(decoder.stats().restarts).toBe(2);
    expect(warnings).toEqual(['A decode thread died', 'A decode thread died']);
  });

  it('that never starts makes the creation fail with its reason', async () => {
    await expect(createFrameDecoderWith({ threads: 2 }, threadFile('dying-thread.ts'))).rejects.toMatchObject(
      {
        code: 'thread_failed',
        message: expect.stringMatching(/no native module/),
      },
    );
  });
});

describe('close', () => {
  it('waits for the queue, may be called twice, and refuses later calls', async () => {
    const decoder = await createFrameDecoder();
    const pending = [decoder.decode(jpeg), decoder.decode(jpeg), decoder.decode(jpeg)];
    await Promise.all([decoder.close(), decoder.close()]);
    expect((await Promise.all(pending)).every((result) => result.ok)).toBe(true);
    await expect(decoder.decode(jpeg)).rejects.toMatchObject({ code: 'closed' });
  });

  it('ends while every queued call is aborted', async () => {
    const decoder = await createFrameDecoder();
    const controller = new AbortController();
    const pending = [1, 2, 3].map(() =>
      decoder.decode(jpeg, { signal: controller.signal }).catch(() => 'aborted'),
    );
    const closed = decoder.close();
    controller.abort();
    await closed;
    expect(await Promise.all(pending)).toEqual(['aborted', 'aborted', 'aborted']);
  });
});
