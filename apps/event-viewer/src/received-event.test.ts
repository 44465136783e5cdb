import { expect, it } from 'vitest';
import { embedding, eventOf, personOf } from '../test/events.ts';
import { readEvent } from './received-event.ts';
import { eventJson } from './view.ts';

const read = (text: string | Uint8Array): ReturnType<typeof readEvent> =>
  readEvent({ bytes: typeof text === 'string' ? Buffer.from(text) : text, place: 'line 7' });

it.each([
  ['no JSON', '{"embeddings":[[0.123456', 'line 7: expected an event as JSON in UTF-8'],
  ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'line 7: expected an event as JSON in UTF-8'],
  ['nothing', '', 'line 7: expected an event but received nothing'],
  ['another thing', '[]', /^line 7: not a detection event: .*expected object/],
  [
    'a wrong field',
    JSON.stringify(eventOf({ camera_id: '' })),
    /^line 7: not a detection event: camera_id: /,
  ],
])('says what is wrong with %s, without repeating it', (_, text, message) => {
  const result = read(text);
  expect(result).toEqual({ ok: false, message: expect.stringMatching(message) });
  expect(JSON.stringify(result)).not.toContain('0.1234');
});

it('gives the event back as it came: additions stay, embeddings only where they are wanted', () => {
  const detections = [{ ...personOf(), colour: 'red' }];
  const event = { ...eventOf({ detections, embeddings: [embedding] }), site: '\u009bshop' };
  const result = read(JSON.stringify(event));
  if (!result.ok) throw new Error(result.message);
  const { embeddings: _, ...rest } = event;
  expect(JSON.parse(eventJson(result.received, { embeddings: false }))).toEqual(rest);
  const whole = eventJson(result.received, { embeddings: true });
  expect(JSON.parse(whole)).toEqual(event);
  expect(whole).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
});
