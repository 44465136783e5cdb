import { describe, expect, it } from 'vitest';
import type { Benchmark } from './benchmark.ts';
import { parseOptions } from './options.ts';

const benchmark = (name: string, more: Partial<Benchmark> = {}): Benchmark => ({
  name,
  about: name,
  run: () => Promise.reject(new Error('is not run')),
  ...more,
});
const known = [benchmark('speed'), benchmark('ingestor', { needsFrames: true })];
const namesOf = (...args: string[]): string[] =>
  parseOptions(args, known, '/base').benchmarks.map(({ name }) => name);

describe('parseOptions', () => {
  it('runs a benchmark that needs pictures only where there are some', () => {
    expect(namesOf()).toEqual(['speed']);
    expect(namesOf('--frames', 'photos')).toEqual(['speed', 'ingestor']);
    expect(namesOf('ingestor', '--frames', 'photos')).toEqual(['ingestor']);
    expect(() => namesOf('ingestor')).toThrow('ingestor: expected --frames <folder>');
  });

  it('names the benchmarks where one does not exist', () => {
    expect(() => namesOf('sped')).toThrow('expected benchmarks of speed, ingestor but received sped');
  });

  it('tells how it was called, without folders', () => {
    expect(parseOptions(['--models', 'mine', '--frames', 'photos', '--quick'], known, '/base')).toMatchObject(
      {
        models: '/base/mine',
        frames: '/base/photos',
        given: '--models DIR --frames DIR --quick',
      },
    );
  });
});
