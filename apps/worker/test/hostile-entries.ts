import { randomBytes } from 'node:crypto';
import { scenePicture } from './scene-frames.ts';

/** An entry, and the reason under which it must be counted. */
export interface HostileEntry {
  readonly streamKey: string;
  readonly fields: readonly (string | Buffer)[];
  readonly reason: string;
}

/** Stands in hostile values, so that a log can be searched for them. */
export const canary = 'CANARYxyz';

const stream = 'frames:door';
const mebibyte = 1024 * 1024;

/** One of each kind; `address` is a server that must never be asked. */
export async function hostileEntries(address: string): Promise<HostileEntry[]> {
  const picture = await scenePicture(0);
  const good: Readonly<Record<string, string | Buffer>> = {
    camera_id: 'door',
    camera_type: 'entrance',
    ingest_ts: String(Date.now() / 1000),
    frame: picture,
  };
  const entry = (reason: string, changes: Record<string, string | Buffer>): HostileEntry => ({
    streamKey: stream,
    fields: Object.entries({ ...good, ...changes }).flat(),
    reason,
  });
  const without = (name: string): HostileEntry => ({
    streamKey: stream,
    fields: Object.entries(good)
      .filter(([field]) => field !== name)
      .flat(),
    reason: 'missing_field',
  });
  /** A stream whose very name is hostile. */
  const named = (camera: string, reason: string): HostileEntry => ({
    ...entry(reason, { camera_id: camera }),
    streamKey: `frames:${camera}`,
  });
  const many = Array.from({ length: 3000 }, (_, index) => [`field ${index}`, canary]).flat();
  const times = ['NaN', '1e308', '-1', '', 'yesterday', 'Infinity', '1771840000123', canary];
  return [
    ...['camera_id', 'ingest_ts', 'frame'].map(without),
    ...['camera_id', 'frame'].map((name) => {
      const one = entry('duplicate_field', {});
      return { ...one, fields: [...one.fields, name, good[name] ?? ''] };
    }),
    { streamKey: stream, fields: many, reason: 'missing_field' },
    ...times.map((time) => entry('bad_ingest_ts', { ingest_ts: time })),
    entry('stale', { ingest_ts: String(Date.now() / 1000 - 3600) }),
    entry('bad_size', { width: '-1', height: canary }),
    entry('empty_frame', { frame: '' }),
    entry('camera_id_mismatch', { camera_id: 'another' }),
    ...[
      '',
      Buffer.from([0xff, 0xfe]),
      'line\n',
      '\u001b[31mred',
      '\u202eback',
      '_invalid',
      'é'.repeat(101),
    ].map((camera) => entry('bad_camera_id', { camera_id: camera })),
    entry('field_too_long', { camera_id: canary.repeat(1100) }),
    ...['line\n', '_other', '\u200bblank'].map((camera) => named(camera, 'bad_camera_id')),
    ...['__proto__', '{', '../x', 'камера'].map((camera) =>
      entry('camera_id_mismatch', { camera_id: camera }),
    ),
    named('long'.repeat(1100), 'field_too_long'),
    ...[
      `<svg xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="${address}/a.png"/></svg>`,
      canary,
    ].map((text) => entry('unsupported_format', { frame: text })),
    entry('unsupported_format', { frame: `%PDF-1.7 /URI(${address})` }),
    entry('too_large', { frame: randomBytes(50 * mebibyte) }),
    entry('too_many_pixels', { frame: withSides(picture, 60_000) }),
    entry('corrupt', { frame: picture.subarray(0, picture.length >> 1) }),
    entry('corrupt', {
      frame: Buffer.concat([picture.subarray(0, 3), Buffer.from(canary), randomBytes(5000)]),
    }),
  ];
}

/** Odd, and right: these must be served. */
export async function oddButGood(): Promise<readonly Omit<HostileEntry, 'reason'>[]> {
  const frame = await scenePicture(0);
  const now = String(Date.now() / 1000);
  const entry = (camera: string, ...more: (string | Buffer)[]): Omit<HostileEntry, 'reason'> => ({
    streamKey: `frames:${camera}`,
    fields: ['camera_id', camera, 'frame', frame, ...more],
  });
  return [
    entry('constructor', 'ingest_ts', now),
    entry('toString', 'ingest_ts', now, 'camera_type', '__proto__'),
    entry('__proto__', 'ingest_ts', now),
    entry('{', 'ingest_ts', now),
    entry('../x', 'ingest_ts', now),
    entry('камера', 'ingest_ts', '0'),
    entry('a:b', 'ingest_ts', now, 'camera_type', Buffer.from([0xff])),
    entry('future', 'ingest_ts', '99999999999'),
    entry(
      'fields',
      'ingest_ts',
      now,
      ...Array.from({ length: 3000 }, (_, index) => [`f${index}`, canary]).flat(),
    ),
  ];
}

/** A JPEG whose header says that it is so wide and so high. */
function withSides(jpeg: Buffer, side: number): Buffer {
  const bytes = Buffer.from(jpeg);
  const at = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  if (at < 0) throw new Error('expected a baseline JPEG');
  bytes.writeUInt16BE(side, at + 5);
  bytes.writeUInt16BE(side, at + 7);
  return bytes;
}
