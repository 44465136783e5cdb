import { describe, expect, it, vi } from 'vitest';
import { away, eventOf, ok, resultsOf, ScriptedSink } from '../../test/scripted-sink.ts';
import { KafkaSinkError } from '../errors.ts';
import type { WriteResult } from '../sink.ts';
import { createPublisher } from './publisher.ts';

describe('a publisher', () => {
  it.each(['unreachable', 'refused', 'unknown_topic', 'unknown'] as const)(
    'keeps the event whose failure is %s, and sends it on later',
    async (reason) => {
      const sink = new ScriptedSink();
      sink.answer = () => ({ ok: false, reason, message: 'away' });
      const publisher = createPublisher({ sink, retryDelayMs: 1 });
      const deliveries = await publisher.publish([eventOf('1')]);
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
    const publisher = createPublisher({ sink });
    expect(await publisher.publish([eventOf('1'), eventOf('2')])).toEqual([
      { waiting: false, result },
      { waiting: false, result: ok },
    ]);
  });

  it('adds nothing while the sink takes events', async () => {
    const sink = new ScriptedSink();
    const publisher = createPublisher({ sink });
    const deliveries = await publisher.publish([eventOf('1'), eventOf('2')]);
    expect(deliveries).toEqual([
      { waiting: false, result: ok },
      { waiting: false, result: ok },
    ]);
    expect(publisher.stats()).toEqual({ events: 0, bytes: 0 });
  });

  it('keeps events while the sink is away and sends them on in order, later ones behind them', async () => {
    const sink = new ScriptedSink();
    sink.answer = () => away;
    const onNotPublished = vi.fn();
    const publisher = createPublisher({ sink, retryDelayMs: 1, maxBatchSize: 3, onNotPublished });
    const early = await publisher.publish(['1', '2', '3', '4'].map(eventOf));
    expect(onNotPublished).toHaveBeenCalledTimes(4);
    expect(publisher.stats().events).toBe(4);
    const late = await publisher.publish(['5'].map(eventOf));
    expect(late[0]).toMatchObject({ waiting: true, holds: false });
    expect(onNotPublished, 'also what waits behind others was not published at once').toHaveBeenCalledTimes(
      5,
    );
    sink.answer = () => ok;
    expect(await resultsOf([...early, ...late])).toEqual([ok, ok, ok, ok, ok]);
    expect(onNotPublished, 'and each is told of once').toHaveBeenCalledTimes(5);
    expect(sink.written).toEqual(['1', '2', '3', '4', '5']);
    expect(publisher.stats()).toEqual({ events: 0, bytes: 0 });
  });

  it('counts what a slow write failed to publish once it says so', async () => {
    const sink = new ScriptedSink();
    const slow = Promise.withResolvers<WriteResult[]>();
    vi.spyOn(sink, 'write').mockReturnValueOnce(slow.promise);
    const onNotPublished = vi.fn();
    const publisher = createPublisher({ sink, stallMs: 1, retryDelayMs: 1, onNotPublished });
    const deliveries = await publisher.publish([eventOf('1'), eventOf('2')]);
    expect(onNotPublished).not.toHaveBeenCalled();
    slow.resolve([ok, away]);
    expect(await resultsOf(deliveries)).toEqual([ok, ok]);
    expect(onNotPublished).toHaveBeenCalledTimes(1);
  });

  it('says with the policy hold that frames are to stay in work', async () => {
    const sink = new ScriptedSink();
    sink.answer = () => away;
    const publisher = createPublisher({ sink, failurePolicy: 'hold', retryDelayMs: 1 });
    const deliveries = await publisher.publish([eventOf('1')]);
    expect(deliveries).toMatchObject([{ waiting: true, holds: true }]);
    sink.answer = () => ok;
    expect(await resultsOf(deliveries)).toEqual([ok]);
  });

  it('lets nothing wait with the policy drop', async () => {
    const sink = new ScriptedSink();
    sink.answer = (id) => (id === '1' ? away : ok);
    const onNotPublished = vi.fn();
    const publisher = createPublisher({ sink, failurePolicy: 'drop', onNotPublished });
    expect(await publisher.publish([eventOf('1'), eventOf('2')])).toEqual([
      { waiting: false, result: away },
      { waiting: false, result: ok },
    ]);
    expect(onNotPublished).toHaveBeenCalledTimes(1);
    expect(publisher.stats()).toEqual({ events: 0, bytes: 0 });
  });

  it('refuses a bound that is no whole number from 1', () => {
    const make = (): unknown => createPublisher({ sink: new ScriptedSink(), maxBytes: 0.5 });
    expect(make).toThrow(KafkaSinkError);
    expect(make).toThrow(/^maxBytes: .*received 0\.5/);
  });
});
