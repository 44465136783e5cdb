import { describe, expect, it } from 'vitest';
import { demoModels, parseOptions } from './options.ts';

const folders = ['--models', '../m', '--frames', 'photos'];

describe('parseOptions', () => {
  it('starts relative paths from where the user stood', () => {
    expect(parseOptions([...folders, '--output', 'out/sheet.png'], '/srv/ana/work')).toEqual({
      models: '/srv/ana/m',
      frames: '/srv/ana/work/photos',
      output: '/srv/ana/work/out/sheet.png',
      cameras: 8,
      fps: 5,
      seconds: 20,
      sink: 'kafka',
      json: false,
    });
  });

  it('keeps absolute paths and reads every option', () => {
    const args = ['--models=/m', '--frames=/f', '--cameras', '3', '--fps', '2.5', '--seconds', '4'];
    expect(parseOptions([...args, '--sink', 'ndjson', '--json', '--output', '/x.png'], '/base')).toEqual({
      models: '/m',
      frames: '/f',
      output: '/x.png',
      cameras: 3,
      fps: 2.5,
      seconds: 4,
      sink: 'ndjson',
      json: true,
    });
  });

  it('takes the demo models and generated scenes where nothing is given', () => {
    const { models, frames } = parseOptions([], '/base');
    expect(models).toBe(demoModels);
    expect(frames).toBeUndefined();
  });

  it('says what to type where a folder is empty', () => {
    expect(() => parseOptions(['--models', ''], '/base')).toThrow(
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
  ])('refuses %s "%s"', (flag, value, message) => {
    expect(() => parseOptions([...folders, flag, value], '/base')).toThrow(
      expect.objectContaining({ code: 'bad_options', message }),
    );
  });

  it('names all bad values together', () => {
    expect(() => parseOptions(['--frames', '', '--cameras', 'x'], '/')).toThrow(/--frames: .*\n--cameras: /);
  });
});
