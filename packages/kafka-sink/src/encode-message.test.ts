import { expect, it } from 'vitest';
import { detectionEvent } from '../test/events.ts';
import { encodeMessage } from './encode-message.ts';

const event = detectionEvent('cam', 1, 1);
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

it('adds the headers of a trace where there is one, and none otherwise', () => {
  const headers = {
    'content-type': 'application/json',
    schema_version: '1',
    frame_id: event.frame_id,
  };
  expect(encodeMessage(event, 100_000)).toMatchObject({ message: { headers } });
  const traced = encodeMessage(event, 100_000, { traceparent, tracestate: 'a=1' });
  expect(traced).toMatchObject({ message: { headers: { ...headers, traceparent, tracestate: 'a=1' } } });
  expect(Object.keys(Object(Object(encodeMessage(event, 100_000)).message.headers))).toHaveLength(3);
});
