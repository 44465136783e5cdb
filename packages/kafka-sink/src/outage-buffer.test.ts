import type { DetectionEvent } from '@trinetra/contracts';
import { describe, expect, it, vi } from 'vitest';
import { type BufferedResult, createOutageBuffer, type Delivery } from './outage-buffer.ts';
import type { DetectionSink, WriteResult } from './sink.ts';

const ok: WriteResult = { ok: true, truncatedEmbeddings: 0 };
const away: WriteResult = { ok: false, reason: 'unreachable', message: 'away' };
const tooLarge: WriteResult = { ok: false, reason: 'too_large', message: 'large' };

function eventOf(id: string): DetectionEvent {
  return {
    schema_version: 1,
    frame_id: id,
    camera_id: 'cam',
    camera_type: 'others',
    ingest_ts: 1,
    worker_ts: 2,
    worker_id: 'w',
    status: 'ok',
    reasons: [],
    embedding_space: null,
    detections: [],
    embeddings: [],
  };
}

const eventFrom = (camera: string, id: string): DetectionEvent => ({ ...eventOf(id), camera_id: camera });

/** A sink whose answers a test decides: the seam of these tests is the broker. */
class ScriptedSink implements DetectionSink {
  readonly written: string[] = [];
  answer: (id: string) => WriteResult = () => ok;

  async write(events: readonly DetectionEvent[]): Promise<WriteResult[]> {
    return events.map(({ frame_id: id }) => {
      const result = this.answer(id);
      if (result.ok) this.written.push(id);
      return result;
    });
  }
  async isHealthy(): Promise<boolean> {
    return true;
  }
  async problem(): Promise<null> {
    return null;
  }
  async close(): Promise<void> {}
  async [Symbol.asyncDispose](): Promise<void> {}
}

const resultsOf = (deliveries: readonly Delivery[]): Promise<BufferedResult[]> =>
  Promise.all(deliveries.map(({ result }) => result));

describe('an outage buffer', () => {
  it.each(['unreachable', 'refused', 'unknown_topic', 'unknown'] as const)(
    'keeps the event whose failure is %s, and sends it on later',
    async (reason) => {
      const sink = new ScriptedSink();
      sink.answer = () => ({ ok: false, reason, message: 'away' });
      const buffer = createOutageBuffer({ sink, retryDelayMs: 1 });
      const deliveries = await buffer.write([eventOf('1')]);
      expect(deliveries).toMatchObject([{ waiting: true }]);
      sink.answer = () => ok;
      expect(await resultsOf(deliveries)).toEqual([ok]);
      expect(sink.written).toEqual(['1']);
    },
  );

  it.each(['too_large', 'invalid'] as const)('does not keep an event that is %s itself', async (reason) => {
    const sink = new ScriptedSink();
    const result = { ok: false, reason, message: 'no' } as const;
    sink.answer = (id) => (id === '1' ? result : ok);
    const buffer = createOutageBuffer({ sink });
    expect(await buffer.write([eventOf('1'), eventOf('2')])).toEqual([
      { waiting: false, result },
      { waiting: false, result: ok },
    ]);
  });

  it('adds nothing while the sink takes events', async () => {
    const sink = new ScriptedSink();
    const buffer = createOutageBuffer({ sink });
    const deliveries = await buffer.write([eventOf('1'), eventOf('2')]);
    expect(deliveries).toEqual([
      { waiting: false, result: ok },
      { waiting: false, result: ok },
    ]);
    expect(buffer.stats()).toEqual({ events: 0, bytes: 0 });
  });

  it('keeps events while the sink is away and sends them on in order, later ones behind them', async () => {
    const sink = new ScriptedSink();
    sink.answer = () => away;
    const buffer = createOutageBuffer({ sink, retryDelayMs: 1, maxBatchSize: 3 });
    const early = await buffer.write(['1', '2', '3', '4'].map(eventOf));
    expect(await Promise.all(early.map((one) => one.waiting && one.first))).toEqual(Array(4).fill(away));
    expect(buffer.stats().events).toBe(4);
    const late = await buffer.write(['5'].map(eventOf));
    expect(late[0]).toMatchObject({ waiting: true, first: null });
    sink.answer = () => ok;
    expect(await resultsOf([...early, ...late])).toEqual([ok, ok, ok, ok, ok]);
    expect(sink.written).toEqual(['1', '2', '3', '4', '5']);
    expect(buffer.stats()).toEqual({ events: 0, bytes: 0 });
  });

  it('lets nobody overtake an event that fails in the middle of a write', async () => {
    const sink = new ScriptedSink();
    sink.answer = () => away;
    const buffer = createOutageBuffer({ sink, retryDelayMs: 1 });
    const deliveries = await buffer.write(['1', '2', '3'].map(eventOf));
    let refusals = 3;
    sink.answer = (id) => (id === '2' && refusals-- > 0 ? away : ok);
    await resultsOf(deliveries);
    expect(sink.written.filter((id, at) => sink.written.indexOf(id) === at)).toEqual(['1', '3', '2']);
    // The third was repeated behind the second: at least once, and the last word is in order.
    expect(sink.written.slice(-2)).toEqual(['2', '3']);
  });

  it('ends an event whose failure is its own, and goes on with the next', async () => {
    const sink = new ScriptedSink();
    sink.answer = () => away;
    const buffer = createOutageBuffer({ sink, retryDelayMs: 1 });
    const deliveries = await buffer.write(['1', '2'].map(eventOf));
    sink.answer = (id) => (id === '1' ? tooLarge : ok);
    expect(await resultsOf(deliveries)).toEqual([tooLarge, ok]);
  });

  it('gives up the oldest first where there are too many', async () => {
    const sink = new ScriptedSink();
    sink.answer = () => away;
    const size = Buffer.byteLength(JSON.stringify(eventOf('1')));
    const buffer = createOutageBuffer({ sink, retryDelayMs: 60_000, maxBytes: size * 3 });
    const deliveries = await buffer.write(['1', '2', '3', '4', '5'].map(eventOf));
    expect(buffer.stats()).toEqual({ events: 3, bytes: size * 3 });
    expect(await deliveries[0]?.result).toMatchObject({ ok: false, reason: 'overflow' });
    expect(await deliveries[1]?.result).toMatchObject({ ok: false, reason: 'overflow' });
    expect(sink.written).toEqual([]);
    await buffer.close(0);
    expect(await deliveries[4]?.result).toMatchObject({ ok: false, reason: 'undelivered' });
  });

  it('close() waits for a sink that comes back, and not longer than it is told', async () => {
    const sink = new ScriptedSink();
    sink.answer = () => away;
    const buffer = createOutageBuffer({ sink, retryDelayMs: 1 });
    const deliveries = await buffer.write(['1'].map(eventOf));
    const closed = buffer.close(60_000);
    sink.answer = () => ok;
    await closed;
    expect(await resultsOf(deliveries)).toEqual([ok]);
  });

  it('does not hold up its caller for a write that hangs, and never sends those events a second time', async () => {
    const sink = new ScriptedSink();
    const hanging = Promise.withResolvers<WriteResult[]>();
    const write = vi.spyOn(sink, 'write').mockReturnValueOnce(hanging.promise);
    const size = Buffer.byteLength(JSON.stringify(eventOf('1')));
    const buffer = createOutageBuffer({ sink, stallMs: 1, maxBytes: size * 3 });
    const hung = await buffer.write(['1', '2'].map(eventOf));
    const behind = await buffer.write(['3', '4'].map(eventOf));
    // Full: those under way may have arrived already, so the oldest of the others is given up.
    expect(await behind[0]?.result).toMatchObject({ ok: false, reason: 'overflow' });
    hanging.resolve([ok, ok]);
    expect(await resultsOf([...hung, ...behind.slice(1)])).toEqual([ok, ok, ok]);
    expect(await Promise.all(hung.map((one) => one.waiting && one.first))).toEqual([ok, ok]);
    expect(write).toHaveBeenCalledTimes(2);
    expect(sink.written).toEqual(['4']);
  });

  it('close() does not wait for a write that hangs longer than it is told', async () => {
    const sink = new ScriptedSink();
    vi.spyOn(sink, 'write').mockReturnValue(new Promise<never>(() => undefined));
    const buffer = createOutageBuffer({ sink, stallMs: 1 });
    const deliveries = await buffer.write(['1'].map(eventOf));
    await buffer.close(1);
    expect(await deliveries[0]?.result).toMatchObject({ ok: false, reason: 'undelivered' });
  });

  it('gives what is written after close() the rest of the time: a slow write is no failed one', async () => {
    const sink = new ScriptedSink();
    const slow = Promise.withResolvers<WriteResult[]>();
    vi.spyOn(sink, 'write').mockReturnValueOnce(slow.promise);
    const buffer = createOutageBuffer({ sink, stallMs: 1, retryDelayMs: 1 });
    await buffer.close(60_000);
    const deliveries = await buffer.write([eventOf('1'), eventOf('2')]);
    slow.resolve([ok, away]);
    expect(await resultsOf(deliveries)).toEqual([ok, ok]);
    expect(sink.written).toEqual(['2']);
  });

  it('lets no camera wait for another', async () => {
    const sink = new ScriptedSink();
    sink.answer = (id) => (id.startsWith('ill') ? away : ok);
    const buffer = createOutageBuffer({ sink, retryDelayMs: 1 });
    const first = await buffer.write([eventFrom('ill', 'ill 1'), eventFrom('well', 'well 1')]);
    expect(first).toMatchObject([{ waiting: true }, { waiting: false, result: ok }]);
    const second = await buffer.write([eventFrom('ill', 'ill 2'), eventFrom('well', 'well 2')]);
    expect(second).toMatchObject([
      { waiting: true, first: null },
      { waiting: false, result: ok },
    ]);
    sink.answer = () => ok;
    await resultsOf([...first, ...second]);
    expect(sink.written).toEqual(['well 1', 'well 2', 'ill 1', 'ill 2']);
  });

  it('keeps the order where a later write is answered while an earlier one still hangs, and then both fail', async () => {
    const sink = new ScriptedSink();
    const hanging = Promise.withResolvers<WriteResult[]>();
    const behind = Promise.withResolvers<WriteResult[]>();
    vi.spyOn(sink, 'write').mockReturnValueOnce(hanging.promise).mockReturnValueOnce(behind.promise);
    const buffer = createOutageBuffer({ sink, stallMs: 60_000, retryDelayMs: 1 });
    const writes = [buffer.write([eventOf('1')]), buffer.write([eventOf('2')])];
    behind.resolve([away]);
    const [second = []] = [await writes[1]];
    hanging.resolve([away]);
    const [first = []] = [await writes[0]];
    await resultsOf([...first, ...second]);
    expect(sink.written).toEqual(['1', '2']);
  });

  it('does not wait long for each of many cameras where one write stalls already', async () => {
    const sink = new ScriptedSink();
    vi.spyOn(sink, 'write').mockReturnValue(new Promise<never>(() => undefined));
    const buffer = createOutageBuffer({ sink, stallMs: 1000 });
    vi.useFakeTimers();
    try {
      const first = buffer.write([eventFrom('a', '1')]);
      await vi.advanceTimersByTimeAsync(1000);
      expect(await first).toMatchObject([{ waiting: true }]);
      const second = buffer.write([eventFrom('b', '2')]);
      await vi.advanceTimersByTimeAsync(100);
      expect(await second).toMatchObject([{ waiting: true }]);
    } finally {
      vi.useRealTimers();
    }
    await buffer.close(0);
  });

  it('says when events begin to wait and when none does any more', async () => {
    const [warn, info] = [vi.fn(), vi.fn()];
    const logger = { debug: vi.fn(), info, warn, error: vi.fn() };
    const sink = new ScriptedSink();
    sink.answer = () => away;
    const buffer = createOutageBuffer({ sink, retryDelayMs: 1, logger });
    const deliveries = await buffer.write(['1', '2'].map(eventOf));
    expect(warn).toHaveBeenCalledTimes(1);
    sink.answer = () => ok;
    await resultsOf(deliveries);
    await vi.waitFor(() => expect(info).toHaveBeenCalledTimes(1));
  });
});
