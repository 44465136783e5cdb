import { describe, expect, it } from 'vitest';
import { ContractsError } from './contracts-error.ts';
import { type DetectionEvent, parseDetectionEvent, safeParseDetectionEvent } from './detection-event.ts';

const event: DetectionEvent = {
  schema_version: 1,
  frame_id: '1-0',
  camera_id: 'cam_01',
  camera_type: 'entrance',
  ingest_ts: 1771840000.1,
  worker_ts: 1771840000.2,
  worker_id: 'w',
  status: 'ok',
  reasons: [],
  embedding_space: 'space',
  detections: [{ track_id: 0, bbox: [0, 0, 1, 1], confidence: 0.9, class_id: 0, face: 'no_face' }],
  embeddings: [null],
};
const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('safeParseDetectionEvent', () => {
  it('reads bytes and text', () => {
    expect(safeParseDetectionEvent(bytesOf(event))).toEqual({ ok: true, event });
    expect(safeParseDetectionEvent(JSON.stringify(event))).toEqual({ ok: true, event });
  });

  it('takes what a later version adds: keys, a status, a reason for no face', () => {
    const later = {
      ...event,
      status: 'partial',
      zone: 'A',
      detections: [{ ...event.detections[0], face: 'turned_away' }],
    };
    expect(safeParseDetectionEvent(bytesOf(later))).toEqual({ ok: true, event: later });
  });

  it.each([
    ['a tombstone', null, 'empty', 'received nothing'],
    ['no value', undefined, 'empty', 'received nothing'],
    ['no bytes', Buffer.alloc(0), 'empty', 'received nothing'],
    ['half of an event', bytesOf(event).subarray(0, 90), 'not_json', 'as JSON in UTF-8'],
    ['bytes that are no UTF-8', Buffer.from([34, 0xff, 34]), 'not_json', 'as JSON in UTF-8'],
    ['null in JSON', 'null', 'invalid', 'not a detection event'],
    [
      'another version',
      bytesOf({ ...event, schema_version: 7 }),
      'unknown_version',
      'schema_version 1 but received 7',
    ],
    ['no camera', bytesOf({ ...event, camera_id: undefined }), 'invalid', 'camera_id: '],
    [
      'a box beyond the frame',
      bytesOf({ ...event, detections: [{ ...event.detections[0], bbox: [0, 0, 900, 1] }] }),
      'invalid',
      'detections.0.bbox.2: ',
    ],
    ['more embeddings than persons', bytesOf({ ...event, embeddings: [null, null] }), 'invalid', 'as many'],
  ])('tells what is wrong with %s, and never throws', (_, value, problem, message) => {
    const result = safeParseDetectionEvent(value);
    expect(result).toMatchObject({ ok: false, problem, message: expect.stringContaining(message) });
    expect(() => parseDetectionEvent(value)).toThrow(ContractsError);
  });

  it('repeats nothing of the input', () => {
    const result = safeParseDetectionEvent(bytesOf({ ...event, worker_id: 7, status: '', secret: 's3cret' }));
    expect(JSON.stringify(result)).not.toContain('s3cret');
  });
});
