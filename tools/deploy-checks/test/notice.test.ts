import { describe, expect, it } from 'vitest';
import { readText } from '../src/files.ts';

const lines = readText('NOTICE').split('\n');
const licenceOf = (name: string): string | undefined =>
  lines.find((line) => /^ \d/.test(line.slice(name.length)) && line.startsWith(name))?.split(/ {2,}/)[1];

describe('NOTICE', () => {
  it('names a licence for all that ships, and what its owner must know of the LGPL', () => {
    expect(licenceOf('@img/sharp-libvips-<platform>')).toBe('LGPL-3.0-or-later *');
    expect(licenceOf('onnxruntime-node')).toBe('MIT *');
    expect(licenceOf('kafkajs')).toBe('MIT');
    expect(lines.filter((line) => line.includes('see its package.json'))).toEqual([]);
    expect(lines.join(' ')).toMatch(
      /libvips as a shared library.* Sources: https:\/\/github\.com\/lovell\/sharp-libvips/,
    );
  });
});
