import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cameraIdOf, normaliseCameraType, parseFrameEntry, streamKeyOf } from './frame-entry.ts';

const good = { camera_id: 'cam_01', camera_type: 'entrance', ingest_ts: '1771840000.123', frame: 'JPEG' };

function fieldsOf(record: Record<string, string | Buffer>): Buffer[] {
  return Object.entries(record).flatMap(([name, value]) => [Buffer.from(name), Buffer.from(value)]);
}

describe('parseFrameEntry', () => {
  it('reads the fields that the ingestor writes', () => {
    const result = parseFrameEntry(
      'frames:cam_01',
      '1-0',
      fieldsOf({ ...good, width: '1920', height: '1080' }),
    );
    expect(result).toMatchObject({
      ok: true,
      entry: {
        cameraId: 'cam_01',
        cameraType: 'entrance',
        frameId: '1-0',
        ingestTs: 1771840000.123,
        originalSize: { width: 1920, height: 1080 },
      },
    });
  });

  it('hands on the frame bytes without a copy', () => {
    const fields = fieldsOf(good);
    const result = parseFrameEntry('frames:cam_01', '1-0', fields);
    expect(result.ok && result.entry.frame).toBe(fields[7]);
  });

  it.each([
    ['no camera_id', { ...good, camera_id: '' }, 'bad_camera_id'],
    ['a path as camera_id', { ...good, camera_id: '../etc' }, 'bad_camera_id'],
    ['bytes that are not UTF-8', { ...good, camera_id: Buffer.from([0xff, 0xfe]) }, 'bad_camera_id'],
    ['a line break in camera_id', { ...good, camera_id: 'cam\n01' }, 'bad_camera_id'],
    ['the camera of another stream', { ...good, camera_id: 'cam_02' }, 'camera_id_mismatch'],
    ['a time that is no number', { ...good, ingest_ts: 'yesterday' }, 'bad_ingest_ts'],
    ['an infinite time', { ...good, ingest_ts: 'Infinity' }, 'bad_ingest_ts'],
    ['an empty time', { ...good, ingest_ts: '' }, 'bad_ingest_ts'],
    ['zero bytes of frame', { ...good, frame: '' }, 'empty_frame'],
    ['a width without a height', { ...good, width: '640' }, 'bad_size'],
    ['a negative size', { ...good, width: '-1', height: '2' }, 'bad_size'],
  ])('refuses %s', (_name, record, problem) => {
    const result = parseFrameEntry('frames:cam_01', '1-0', fieldsOf(record));
    expect(result).toMatchObject({ ok: false, problem });
  });

  it('refuses a field that comes twice', () => {
    const fields = [...fieldsOf(good), ...fieldsOf({ camera_id: 'cam_01' })];
    expect(parseFrameEntry('frames:cam_01', '1-0', fields)).toMatchObject({ problem: 'duplicate_field' });
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), fc.string(), (fields, key) => {
        expect(typeof parseFrameEntry(key, '1-0', fields).ok).toBe('boolean');
      }),
    );
  });
});

describe('names', () => {
  it('turns a camera into its stream and back', () => {
    expect(cameraIdOf(streamKeyOf('cam_01'))).toBe('cam_01');
  });

  it('ranks unknown camera types with others', () => {
    expect(normaliseCameraType('drone')).toBe('others');
    expect(normaliseCameraType('billing')).toBe('billing');
  });
});
