import { describe, expect, it, vi } from 'vitest';
import { away, eventFrom, eventOf, ok, resultsOf, ScriptedSink, tooLarge } from '../../test/scripted-sink.ts';
import type { WriteResult } from '../sink.ts';
import { createPublisher } from './publisher.ts';

describe('events that wait', () => {
  it('lets nobody overtake an event that fails in the middle of a write', async () => {
    const sink = new ScriptedSink();
    sink.answer = () => away;
    const publisher = createPublisher({ sink, retryDelayMs: 1 });
    const deliveries = await publisher.publish(['1', '2', '3'].map(eventOf));
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
    const publisher = createPublisher({ sink, retryDelayMs: 1 });
    const deliveries = await publisher.publish(['1', '2'].map(eventOf));
    sink.answer = (id) => (id === '1' ? tooLarge : ok);
    expect(await resultsOf(deliveries)).toEqual([tooLarge, ok]);
  });

  it('gives up the oldest first where there are too many', async () => {
    const sink = new ScriptedSink();
    sink.answer = () => away;
    const size = Buffer.byteLength(JSON.stringify(eventOf('1')));
    const publisher = createPublisher({ sink, retryDelayMs: 60_000, maxBytes: size * 3 });
    const deliveries = await publisher.publish(['1', '2', '3', '4', '5'].map(eventOf));
    expect(publisher.stats()).toEqual({ events: 3, bytes: size * 3 });
    expect(await deliveries[0]?.result).toMatchObject({ ok: false, reason: 'overflow' });
    expect(await deliveries[1]?.result).toMatchObject({ ok: false, reason: 'overflow' });
    expect(sink.written).toEqual([]);
    await publisher.close(0);
    expect(await deliveries[4]?.result).toMatchObject({ ok: false, reason: 'undelivered' });
  });

  it('close() waits for a sink that comes back, and not longer than it is told', async () => {
    const sink = new ScriptedSink();
    sink.answer = () => away;
    const publisher = createPublisher({ sink, retryDelayMs: 1 });
    const deliveries = await publisher.publish(['1'].map(eventOf));
    const closed = publisher.close(60_000);
    sink.answer = () => ok;
    await closed;
    expect(await resultsOf(deliveries)).toEqual([ok]);
  });

  it('does not hold up its caller for a write that hangs, and never sends those events a second time', async () => {
    const sink = new ScriptedSink();
    const hanging = Promise.withResolvers<WriteResult[]>();
    const write = vi.spyOn(sink, 'write').mockReturnValueOnce(hanging.promise);
    const size = Buffer.byteLength(JSON.stringify(eventOf('1')));
    const onNotPublished = vi.fn();
    const publisher = createPublisher({ sink, stallMs: 1, maxBytes: size * 3, onNotPublished });
    const hung = await publisher.publish(['1', '2'].map(eventOf));
    const behind = await publisher.publish(['3', '4'].map(eventOf));
    // Full: those under way may have arrived already, so the oldest of the others is given up.
    expect(await behind[0]?.result).toMatchObject({ ok: false, reason: 'overflow' });
    hanging.resolve([ok, ok]);
    expect(await resultsOf([...hung, ...behind.slice(1)])).toEqual([ok, ok, ok]);
    expect(onNotPublished, 'a slow write is no failed one').toHaveBeenCalledTimes(2);
    expect(write).toHaveBeenCalledTimes(2);
    expect(sink.written).toEqual(['4']);
  });

  it('close() does not wait for a write that hangs longer than it is told', async () => {
    const sink = new ScriptedSink();
    vi.spyOn(sink, 'write').mockReturnValue(new Promise<never>(() => undefined));
    const publisher = createPublisher({ sink, stallMs: 1 });
    const deliveries = await publisher.publish(['1'].map(eventOf));
    await publisher.close(1);
    expect(await deliveries[0]?.result).toMatchObject({ ok: false, reason: 'undelivered' });
  });

  it('gives what is written after close() the rest of the time: a slow write is no failed one', async () => {
    const sink = new ScriptedSink();
    const slow = Promise.withResolvers<WriteResult[]>();
    vi.spyOn(sink, 'write').mockReturnValueOnce(slow.promise);
    const publisher = createPublisher({ sink, stallMs: 1, retryDelayMs: 1 });
    await publisher.close(60_000);
    const deliveries = await publisher.publish([eventOf('1'), eventOf('2')]);
    slow.resolve([ok, away]);
    expect(await resultsOf(deliveries)).toEqual([ok, ok]);
    expect(sink.written).toEqual(['2']);
  });

  it('lets no camera wait for another', async () => {
    const sink = new ScriptedSink();
    sink.answer = (id) => (id.startsWith('ill') ? away : ok);
    const publisher = createPublisher({ sink, retryDelayMs: 1 });
    const first = await publisher.publish([eventFrom('ill', 'ill 1'), eventFrom('well', 'well 1')]);
    expect(first).toMatchObject([{ waiting: true }, { waiting: false, result: ok }]);
    const second = await publisher.publish([eventFrom('ill', 'ill 2'), eventFrom('well', 'well 2')]);
    expect(second).toMatchObject([
      { waiting: true, holds: false },
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
    const publisher = createPublisher({ sink, stallMs: 60_000, retryDelayMs: 1 });
    const writes = [publisher.publish([eventOf('1')]), publisher.publish([eventOf('2')])];
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
    const publisher = createPublisher({ sink, stallMs: 1000 });
    vi.useFakeTimers();
    try {
      const first = publisher.publish([eventFrom('a', '1')]);
      await vi.advanceTimersByTimeAsync(1000);
      expect(await first).toMatchObject([{ waiting: true }]);
      const second = publisher.publish([eventFrom('b', '2')]);
      await vi.advanceTimersByTimeAsync(100);
      expect(await second).toMatchObject([{ waiting: true }]);
    } finally {
      vi.useRealTimers();
    }
    await publisher.close(0);
  });

  it('says when events begin to wait and when none does any more', async () => {
    const [warn, info] = [vi.fn(), vi.fn()];
    const logger = { debug: vi.fn(), info, warn, error: vi.fn() };
    const sink = new ScriptedSink();
    sink.answer = () => away;
    const publisher = createPublisher({ sink, retryDelayMs: 1, logger });
    const deliveries = await publisher.publish(['1', '2'].map(eventOf));
    expect(warn).toHaveBeenCalledTimes(1);
    sink.answer = () => ok;
    await resultsOf(deliveries);
    await vi.waitFor(() => expect(info).toHaveBeenCalledTimes(1), 10_000);
  });
});
