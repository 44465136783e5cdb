import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCameraId } from './camera-id.ts';
import { normaliseCameraType, parseFrameEntry } from './frame-entry.ts';

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
    ['bytes that are not UTF-8', { ...good, camera_id: Buffer.from([0xff, 0xfe]) }, 'bad_camera_id'],
    ['a camera_id of 201 bytes', { ...good, camera_id: 'é'.repeat(100).concat('c') }, 'bad_camera_id'],
    ['a name that stands for others', { ...good, camera_id: '_other' }, 'bad_camera_id'],
    ['a camera_id of 10 KB', { ...good, camera_id: 'c'.repeat(10_240) }, 'field_too_long'],
    ['a time of milliseconds', { ...good, ingest_ts: '1771840000123' }, 'bad_ingest_ts'],
    ['a time before 1970', { ...good, ingest_ts: '-1' }, 'bad_ingest_ts'],
    ['a line break in camera_id', { ...good, camera_id: 'cam\n01' }, 'bad_camera_id'],
    ['the camera of another stream', { ...good, camera_id: 'cam_02' }, 'camera_id_mismatch'],
    ['a time that is no number', { ...good, ingest_ts: 'yesterday' }, 'bad_ingest_ts'],
    ['an infinite time', { ...good, ingest_ts: 'Infinity' }, 'bad_ingest_ts'],
    ['an empty time', { ...good, ingest_ts: '' }, 'bad_ingest_ts'],
    ['zero bytes of frame', { ...good, frame: '' }, 'empty_frame'],
    ['a width without a height', { ...good, width: '640' }, 'bad_size'],
    ['a negative size', { ...good, width: '-1', height: '2' }, 'bad_size'],
    ['a size that no picture has', { ...good, width: '1', height: '65535' }, 'bad_size'],
  ])('refuses %s', (_name, record, problem) => {
    const result = parseFrameEntry('frames:cam_01', '1-0', fieldsOf(record));
    expect(result).toMatchObject({ ok: false, problem });
  });

  it.each([
    'Front Door',
    'lobby/cam1',
    'Escritório',
    'Escrito\u0301rio',
    '{site1}:cam1',
    '__proto__',
    '../etc',
    'камера',
    '"\\$',
    '👨‍👩‍👧',
  ])('takes %j as it is for the name of a camera', (cameraId) => {
    const result = parseFrameEntry(`frames:${cameraId}`, '1-0', fieldsOf({ ...good, camera_id: cameraId }));
    expect(result).toMatchObject({ ok: true, entry: { cameraId } });
  });

  it('takes two spellings of a letter for two cameras', () => {
    const fields = fieldsOf({ ...good, camera_id: 'Escrito\u0301rio' });
    expect(parseFrameEntry('frames:Escritório', '1-0', fields)).toMatchObject({
      problem: 'camera_id_mismatch',
    });
  });

  it('does not take broken UTF-8 for the character that stands for it', () => {
    const fields = fieldsOf({ ...good, camera_id: Buffer.from([0xff]) });
    expect(parseFrameEntry('frames:\ufffd', '1-0', fields)).toMatchObject({ problem: 'bad_camera_id' });
  });

  it('refuses a field that comes twice', () => {
    const fields = [...fieldsOf(good), ...fieldsOf({ camera_id: 'cam_01' })];
    expect(parseFrameEntry('frames:cam_01', '1-0', fields)).toMatchObject({ problem: 'duplicate_field' });
  });

  it('reads any entry made of known names, duplicates and hostile values as good, or refuses it in plain text', () => {
    const name = fc.constantFrom('camera_id', 'camera_type', 'ingest_ts', 'frame', 'width', 'height', 'x');
    const text = fc.oneof(
      fc.constantFrom(
        'cam_01',
        'cam_01',
        '1.5',
        '640',
        '',
        'NaN',
        '1e308',
        '-0',
        '__proto__',
        'a\n',
        '{',
        'c:d',
      ),
      fc.string({ unit: 'binary', maxLength: 300 }),
    );
    const value = fc.oneof(
      text.map((one) => Buffer.from(one)),
      fc.uint8Array({ maxLength: 300 }).map((one) => Buffer.from(one)),
    );
    const extra = fc.array(fc.tuple(name, value), { maxLength: 4 });
    const changed = fc.dictionary(fc.constantFrom(...Object.keys(good)), value, { maxKeys: 3 });
    let accepted = 0;
    let refused = 0;
    fc.assert(
      fc.property(changed, extra, (record, more) => {
        const fields = [
          ...fieldsOf({ ...good, ...record }),
          ...more.flatMap(([one, bytes]) => [Buffer.from(one), bytes]),
        ];
        const result = parseFrameEntry('frames:cam_01', '1-0', fields);
        if (result.ok) {
          accepted += 1;
          const { cameraId, cameraType, ingestTs, frame } = result.entry;
          expect(cameraId).toBe('cam_01');
          expect(isCameraId(cameraType)).toBe(true);
          expect(ingestTs >= 0 && ingestTs <= 1e11).toBe(true);
          expect(frame.byteLength).toBeGreaterThan(0);
        } else {
          refused += 1;
          expect(result.message).toMatch(/^fields? [\x20-\x7e]{1,200}$/);
        }
      }),
      { numRuns: 2000 },
    );
    expect(accepted).toBeGreaterThan(50);
    expect(refused).toBeGreaterThan(50);
  });

  it('ignores thousands of unknown fields', () => {
    const many = Array.from({ length: 5000 }, (_, index) => Buffer.from(`f${index}`)).flatMap((one) => [
      one,
      one,
    ]);
    expect(parseFrameEntry('frames:cam_01', '1-0', [...many, ...fieldsOf(good)]).ok).toBe(true);
    expect(parseFrameEntry('frames:cam_01', '1-0', many)).toMatchObject({ problem: 'missing_field' });
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), fc.string(), (fields, key) => {
        expect(typeof parseFrameEntry(key, '1-0', fields).ok).toBe('boolean');
      }),
    );
  });
});

it('ranks unknown camera types with others', () => {
  expect(normaliseCameraType('drone')).toBe('others');
  expect(normaliseCameraType('billing')).toBe('billing');
});
