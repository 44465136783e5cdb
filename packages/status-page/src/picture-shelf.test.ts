import { describe, expect, it } from 'vitest';
import { checkered, detailIn, entryOf, eventOf } from '../test/frames.ts';
import { PictureShelf } from './picture-shelf.ts';

const person = [0.2, 0.1, 0.8, 0.9] as const;
const picture = await checkered(200, 200, [[0, 0, 1, 1]]);
const event = eventOf('a', [{ bbox: [...person], confidence: 0.9, face: 'no_face' }]);

function shelfOf(showFaces = false) {
  const clock = { ms: 0 };
  const errors: unknown[] = [];
  const shelf = new PictureShelf({
    showFaces,
    intervalMs: 400,
    onError: (error) => errors.push(error),
    now: () => clock.ms,
  });
  return { shelf, clock, errors };
}

describe('PictureShelf', () => {
  it('keeps nothing of a camera that nobody asked for', async () => {
    const { shelf } = shelfOf();
    shelf.offer(entryOf('a', picture), event);
    expect(await shelf.take('a', '')).toBeUndefined();
    expect(await shelf.take('a', '')).toBeUndefined();
  });

  it('gives the newest frame, with heads blurred, once to each who has not got it', async () => {
    const { shelf } = shelfOf();
    await shelf.take('a', '');
    shelf.offer(entryOf('a', picture, '1-0'), event);
    shelf.offer(entryOf('a', picture, '2-0'), event);
    const taken = await shelf.take('a', '');
    expect(taken).toMatchObject({ cameraId: 'a', frameId: '2-0', detections: event.detections });
    expect(await detailIn(taken?.jpeg ?? new Uint8Array(), [0.2, 0.1, 0.8, 0.3])).toBeLessThan(12);
    expect(await detailIn(taken?.jpeg ?? new Uint8Array(), [0.2, 0.85, 0.8, 1])).toBeGreaterThan(100);
    expect(await shelf.take('a', '2-0')).toBeUndefined();
    expect((await shelf.take('a', ''))?.frameId).toBe('2-0');
  });

  it('hides a person that was found a moment ago but not in this frame', async () => {
    const { shelf } = shelfOf();
    const head = [0.2, 0.1, 0.8, 0.3] as const;
    await shelf.take('a', '');
    shelf.offer(entryOf('a', picture, '1-0'), event);
    shelf.offer(entryOf('a', picture, '2-0'), { ...eventOf('a', []), ingest_ts: event.ingest_ts + 0.9 });
    const taken = await shelf.take('a', '');
    expect(taken).toMatchObject({ frameId: '2-0', detections: [] });
    expect(await detailIn(taken?.jpeg ?? new Uint8Array(), head)).toBeLessThan(12);
  });

  it('forgets a person that was found long ago', async () => {
    const { shelf } = shelfOf();
    await shelf.take('a', '');
    shelf.offer(entryOf('a', picture, '1-0'), event);
    shelf.offer(entryOf('a', picture, '2-0'), { ...eventOf('a', []), ingest_ts: event.ingest_ts + 1.1 });
    const taken = await shelf.take('a', '');
    expect(await detailIn(taken?.jpeg ?? new Uint8Array(), [0.2, 0.1, 0.8, 0.3])).toBeGreaterThan(100);
  });

  it('shows faces where that is asked for', async () => {
    const { shelf } = shelfOf(true);
    await shelf.take('a', '');
    shelf.offer(entryOf('a', picture), event);
    const taken = await shelf.take('a', '');
    expect(await detailIn(taken?.jpeg ?? new Uint8Array(), [0.2, 0.1, 0.8, 0.3])).toBeGreaterThan(100);
  });

  it('encodes a camera no more often than the interval allows', async () => {
    const { shelf, clock } = shelfOf();
    await shelf.take('a', '');
    shelf.offer(entryOf('a', picture, '1-0'), event);
    expect((await shelf.take('a', ''))?.frameId).toBe('1-0');
    shelf.offer(entryOf('a', picture, '2-0'), event);
    clock.ms = 399;
    expect(await shelf.take('a', '1-0')).toBeUndefined();
    clock.ms = 400;
    expect((await shelf.take('a', '1-0'))?.frameId).toBe('2-0');
  });

  it('lets go of a camera that nobody asked for in 3 s', async () => {
    const { shelf, clock } = shelfOf();
    await shelf.take('a', '');
    clock.ms = 3001;
    shelf.offer(entryOf('a', picture), event);
    expect(await shelf.take('a', '')).toBeUndefined();
  });

  it('keeps at most 64 cameras', async () => {
    const { shelf } = shelfOf();
    const ids = Array.from({ length: 65 }, (_, index) => `c${index}`);
    for (const id of ids) await shelf.take(id, '');
    for (const id of ids) shelf.offer(entryOf(id, picture), event);
    const taken = await Promise.all(ids.map((id) => shelf.take(id, '')));
    expect(taken.filter((one) => one !== undefined)).toHaveLength(64);
    expect(taken[64]).toBeUndefined();
  });

  it('keeps at most 32 MiB of frames that wait', async () => {
    const { shelf } = shelfOf();
    const large = new Uint8Array(20 * 1024 * 1024);
    large.set(picture); // bytes after the end of a JPEG are ignored
    for (const id of ['a', 'b']) await shelf.take(id, '');
    for (const id of ['a', 'b']) shelf.offer(entryOf(id, large), event);
    expect((await shelf.take('a', ''))?.frameId).toBe('1-0');
    expect(await shelf.take('b', '')).toBeUndefined();
  });

  it('tells of a frame that cannot be encoded, and goes on', async () => {
    const { shelf, clock, errors } = shelfOf();
    await shelf.take('a', '');
    shelf.offer(entryOf('a', new Uint8Array(10)), event);
    expect(await shelf.take('a', '')).toBeUndefined();
    expect(errors).toHaveLength(1);
    clock.ms = 500;
    shelf.offer(entryOf('a', picture, '2-0'), event);
    expect((await shelf.take('a', ''))?.frameId).toBe('2-0');
  });
});
