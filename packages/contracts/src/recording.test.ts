import { expect, it } from 'vitest';
import { cameraFileName } from './camera-id.ts';
import { recordedEntrySchema } from './recording.ts';

const line = {
  camera_id: 'cam_01',
  frame_id: '1771840000100-0',
  image: 'cam_01/1771840000100-0.jpg',
  time: 1771840000.1,
  fields: { camera_id: 'cam_01', ingest_ts: '1771840000.098', thumbnail: { base64: '/9j/' } },
};

it('takes a line as it is written, also with additions', () => {
  expect(recordedEntrySchema.parse({ ...line, note: 'x' })).toEqual({ ...line, note: 'x' });
});

it('takes a camera of any name, and its folder', () => {
  const named = { ...line, camera_id: 'lobby/cam1', image: `${cameraFileName('lobby/cam1')}/1-0.jpg` };
  expect(recordedEntrySchema.parse(named)).toEqual(named);
});

it.each([
  ['image', '../secret.jpg'],
  ['image', '/etc/passwd'],
  ['image', 'cam_01/../../secret'],
  ['image', 'cam_01\\..\\secret'],
  ['image', ''],
  ['camera_id', 'no\ncamera'],
  ['camera_id', ''],
  ['frame_id', '17'],
  ['time', -1],
  ['fields', { ingest_ts: 7 }],
  ['fields', { thumbnail: { base64: '*' } }],
])('refuses %s %o', (name, value) => {
  expect(recordedEntrySchema.safeParse({ ...line, [name]: value }).success).toBe(false);
});
