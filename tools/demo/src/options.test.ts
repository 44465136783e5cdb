import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoModels, parseOptions } from './options.ts';

let base = '';
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'demo-options-'));
  for (const name of ['m', 'photos', 'out', 'empty']) mkdirSync(join(base, name));
  for (const name of ['a.JPG', 'notes.txt']) writeFileSync(join(base, 'photos', name), '');
});
afterAll(() => rmSync(base, { recursive: true }));

const refused = (message: unknown) => expect.objectContaining({ code: 'invalid_options', message });

describe('parseOptions', () => {
  it('starts relative paths from where the user stood', () => {
    const args = ['--models', 'm', '--frames', 'photos', '--output', 'out/sheet.png'];
    expect(parseOptions(args, base)).toEqual({
      sources: [],
      base,
      models: join(base, 'm'),
      frames: join(base, 'photos'),
      output: join(base, 'out', 'sheet.png'),
      cameras: 8,
      fps: undefined,
      seconds: 20,
      sink: 'kafka',
      json: false,
    });
  });

  it('keeps absolute paths and reads every option', () => {
    const args = [
      `--models=${base}/m`,
      `--frames=${base}/photos`,
      '--cameras',
      '3',
      '--fps',
      '2.5',
      '--seconds=4',
    ];
    expect(parseOptions([...args, '--sink', 'ndjson', '--json', '--output', '/tmp/x.png'], '/')).toEqual({
      sources: [],
      base: '/',
      models: join(base, 'm'),
      frames: join(base, 'photos'),
      output: '/tmp/x.png',
      cameras: 3,
      fps: 2.5,
      seconds: 4,
      sink: 'ndjson',
      json: true,
    });
  });

  it('takes the demo models and generated scenes where nothing is given', () => {
    const { models, frames } = parseOptions([], base);
    expect(models).toBe(demoModels);
    expect(frames).toBeUndefined();
  });

  it('takes cameras of the own, until Ctrl-C and with events for nobody unless told otherwise', () => {
    const cameras = ['--camera', 'rtsp://cam/1', '--camera', 'till=film.mp4'];
    expect(parseOptions(cameras, base)).toMatchObject({
      sources: ['rtsp://cam/1', 'till=film.mp4'],
      base,
      fps: undefined,
      seconds: 0,
      sink: 'none',
    });
    expect(parseOptions([...cameras, '--seconds', '20', '--sink', 'kafka'], base)).toMatchObject({
      seconds: 20,
      sink: 'kafka',
    });
    expect(() => parseOptions([...cameras, '--frames', 'photos', '--cameras', '2'], base)).toThrow(
      '--frames, --cameras: expected none of these beside --camera',
    );
  });

  it('says what to type where a folder is empty', () => {
    expect(() => parseOptions(['--models', ''], base)).toThrow(
      /^--models: expected a folder of ONNX models but received none, for example: npm run demo /,
    );
  });

  it.each([
    ['--cameras', '0', '--cameras: expected a whole number in 1..1000 but received "0"'],
    ['--cameras', '1.5', '--cameras: expected a whole number in 1..1000 but received "1.5"'],
    ['--fps', 'fast', '--fps: expected a number in 0.01..1000 but received "fast"'],
    ['--seconds', '', '--seconds: expected a number in 0.1..86400 but received ""'],
    ['--sink', 'stdout', '--sink: expected kafka or ndjson but received "stdout"'],
    ['--output', '', '--output: expected a file but received ""'],
    ['--models', '/nowhere/at/all', '--models: expected a folder but /nowhere/at/all does not exist'],
    ['--frames', '/dev/null', '--frames: expected a folder but /dev/null is a file'],
    ['--output', '/nowhere/x.png', '--output: expected a folder but /nowhere does not exist'],
    ['--output', '/tmp', '--output: expected a file but /tmp is a folder'],
    ['--output', '/dev/null/x.png', '--output: expected a folder but /dev/null is a file'],
    ['--fpz', '5', expect.stringMatching(/^--fpz: there is no such option, see npm run demo -- --help\n5: /)],
    // What npm leaves of `npm run demo --fps 5`.
    ['5', '6', expect.stringMatching(/^5: expected options only, after two dashes/)],
  ])('refuses %s "%s"', (flag, value, message) => {
    expect(() => parseOptions([flag, value], base)).toThrow(refused(message));
  });

  it('wants at least one picture, and no value for a switch', () => {
    expect(() => parseOptions(['--frames', 'empty'], base)).toThrow(
      /^--frames: expected .jpg, .png or .webp files in /,
    );
    expect(() => parseOptions(['--json=1'], base)).toThrow('--json: expected no value but received "1"');
  });

  it('names all bad values together', () => {
    expect(() => parseOptions(['--frames', '', '--cameras', 'x'], '/')).toThrow(/--frames: .*\n--cameras: /);
  });
});
