import { describe, expect, it } from 'vitest';
import { embedding, eventOf, face, personOf } from '../test/events.ts';
import { createEventLine } from './event-line.ts';

const shown = (event = eventOf(), line = createEventLine({ colour: false })): string =>
  line({ event, raw: { ...event } });

describe('createEventLine', () => {
  it('says what a person wants to know of an event', () => {
    const event = eventOf({
      status: 'degraded',
      reasons: ['embedding_failed', 'embeddings_truncated'],
      detections: [
        personOf({ face }),
        personOf({ confidence: 0.4 }),
        personOf({ class_id: 2, confidence: 0.3 }),
      ],
      embeddings: [embedding, null, null],
    });
    expect(shown(event).split(/ {2,}/)).toEqual([
      '2026-02-23T09:46:40.100Z',
      'cam_entrance_01',
      'entrance',
      'degraded embedding_failed embeddings_truncated',
      '2 persons 0.91 0.40 class 2 0.30',
      '1 face 1 embedding',
      '118 ms',
      '1771840000100-0',
    ]);
  });

  it.each([
    ['of no clock', 312.7, '7-0', '-'],
    ['of no clock, by the time in its id', 312.7, '1771840000100-0', '118 ms'],
    ['of next year', 1803376000, '7-0', '-'],
  ])('tells no latency that nobody can have: a frame %s', (_, ingest_ts, frame_id, latency) => {
    const line = shown(eventOf({ ingest_ts, frame_id }));
    expect(line.split(/ {2,}/).at(-2)).toBe(latency);
  });

  it('shows the confidences of the first of a crowd, and how many more there are', () => {
    const event = eventOf({ detections: Array(30).fill(personOf()), embeddings: [] });
    expect(shown(event)).toContain('30 persons 0.91 0.91 0.91 0.91 +26  ');
  });

  it('aligns its columns, whatever comes', () => {
    const line = createEventLine({ colour: false });
    const first = shown(eventOf({ camera_id: 'cam_face_capture_at_the_far_end_003' }), line);
    const second = shown(eventOf({ detections: [personOf({ face })], embeddings: [embedding] }), line);
    for (const text of ['entrance  ', ' ms  ', '1771840000100-0']) {
      expect(second.lastIndexOf(text)).toBe(first.lastIndexOf(text));
    }
  });

  it('lets nothing hostile through to the terminal, nor fill it', () => {
    const hostile = `\u001b]0;owned\u0007\u202e\n${'x'.repeat(10_000)}`;
    const event = eventOf({
      camera_id: hostile,
      camera_type: hostile,
      frame_id: hostile,
      reasons: Array(500).fill(hostile),
      ingest_ts: 1e300,
    });
    const text = shown(event);
    expect(text).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    expect(text).toContain(String.raw`\u{1b}]0;owned\u{7}\u{202e}\nxxx`);
    expect(text.length).toBeLessThan(500);
  });

  it('colours the status where colours are wanted', () => {
    const line = createEventLine({ colour: true });
    expect(shown(eventOf({ status: 'failed' }), line)).toContain('  \u001b[31mfailed  \u001b[39m  ');
  });
});
