import { Writable } from 'node:stream';
import { encodeDetectionEvent } from '@trinetra/contracts';
import { expect, it, onTestFinished, vi } from 'vitest';
import { detectionEvent } from '../test/events.ts';
import { createStdoutSink } from './stdout-sink.ts';

/** A stream whose reader takes a chunk when it is told to. */
function slowReader() {
  const chunks: string[] = [];
  const waiting: ((error?: Error) => void)[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      chunks.push(chunk.toString());
      waiting.push(done);
    },
  });
  return { stream, chunks, take: (error?: Error) => waiting.shift()?.(error) };
}

it('prints the bytes of the Kafka message and a newline, and waits for a slow reader', async () => {
  const { stream, chunks, take } = slowReader();
  await using sink = createStdoutSink({ stream });
  let done = 0;
  const first = sink.write([detectionEvent('a', 1, 1), detectionEvent('b', 1)]).finally(() => {
    done += 1;
  });
  const second = sink.write([detectionEvent('a', 2)]);
  await new Promise(setImmediate);
  expect(chunks).toEqual([
    `${encodeDetectionEvent(detectionEvent('a', 1, 1)).bytes}\n${encodeDetectionEvent(detectionEvent('b', 1)).bytes}\n`,
  ]);
  expect(done).toBe(0);
  take();
  expect(await first).toHaveLength(2);
  take();
  expect(await second).toEqual([{ ok: true, truncatedEmbeddings: 0 }]);
  expect(chunks).toHaveLength(2);
});

it('answers with the error of a reader that went away, and is unhealthy from then on', async () => {
  const { stream, take } = slowReader();
  const sink = createStdoutSink({ stream });
  expect(await sink.isHealthy()).toBe(true);
  const write = sink.write([detectionEvent('a', 1)]);
  await new Promise(setImmediate);
  take(new Error('write EPIPE'));
  expect(await write).toEqual([{ ok: false, reason: 'refused', message: 'standard output: write EPIPE' }]);
  expect(await sink.isHealthy()).toBe(false);
  expect(await sink.write([detectionEvent('a', 2)])).toMatchObject([{ ok: false, reason: 'refused' }]);
  await sink.close();
});

it('tells once of a reader that went away for good', async () => {
  const stream = new Writable({
    write: (_chunk, _, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  });
  const onGone = vi.fn();
  await using sink = createStdoutSink({ stream, onGone });
  for (const frame of [1, 2]) {
    expect(await sink.write([detectionEvent('a', frame)])).toMatchObject([{ ok: false, reason: 'refused' }]);
  }
  expect(onGone).toHaveBeenCalledOnce();
  expect(await sink.problem()).toMatchObject({ message: 'nobody reads standard output' });
});

it('names a reader that takes nothing, is well once it does, and waits for it no longer than a second when it closes', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { stream, take } = slowReader();
  const sink = createStdoutSink({ stream });
  const first = sink.write([detectionEvent('a', 1)]);
  await vi.advanceTimersByTimeAsync(1900);
  expect(await sink.problem()).toBeNull();
  await vi.advanceTimersByTimeAsync(1100);
  expect(await sink.problem()).toEqual({
    ok: false,
    reason: 'unreachable',
    message: 'the reader of standard output has taken nothing for 3 s',
  });
  take();
  expect(await first).toEqual([{ ok: true, truncatedEmbeddings: 0 }]);
  expect(await sink.problem()).toBeNull();
  void sink.write([detectionEvent('a', 2)]);
  await vi.advanceTimersByTimeAsync(3000);
  const closed = vi.fn();
  void sink.close().then(closed);
  await vi.advanceTimersByTimeAsync(1000);
  expect(closed).toHaveBeenCalledOnce();
});

it('leaves the stream open and without its listener when it closes', async () => {
  const { stream } = slowReader();
  const sink = createStdoutSink({ stream });
  await Promise.all([sink.close(), sink.close()]);
  expect(stream.writable).toBe(true);
  expect(stream.listenerCount('error')).toBe(0);
  await expect(sink.write([])).rejects.toMatchObject({ code: 'closed' });
});
