import { describe, expect, it } from 'vitest';
import { replaceFigures } from './figures-block.ts';
import { formatNumber, markdownReport, markdownTable } from './report.ts';

describe('a report', () => {
  it.each([
    [0, '0'],
    [0.012_34, '0.0123'],
    [1.234, '1.23'],
    [12.34, '12.3'],
    [123.4, '123'],
    [12_345, '12345'],
    [-3, '-3.00'],
    [Number.NaN, '-'],
  ])('writes %s as %s', (value, expected) => expect(formatNumber(value)).toBe(expected));

  it('is Markdown, and bars in a cell do not end it', () => {
    expect(markdownTable(['a', 'b'], [['x|y', 1]])).toBe(
      '| a    | b    |\n| ---- | ---- |\n| x\\|y | 1.00 |',
    );
  });

  it('begins with the targets, those that were missed among them', () => {
    const text = markdownReport([
      {
        name: 'one',
        title: 'One',
        command: 'npm run bench -- one',
        tables: [{ title: 'T', columns: ['a'], rows: [[1]], note: 'N' }],
        targets: [{ what: 'speed', wanted: '>= 2', measured: '1', met: false }],
      },
    ]);
    expect(text).toMatch(/^## Targets\n\n.*\n.*\n\| speed +\| >= 2 +\| 1 +\| NO +\|/);
    expect(text).toContain('```sh\nnpm run bench -- one\n```');
    const section = { name: 'one', title: 'One', command: 'c', tables: [], targets: [] };
    expect(markdownReport([section], ' with yolov8n.onnx')).toMatch(/^## One with yolov8n.onnx\n/);
  });

  it('goes between the markers of the document, again and again', () => {
    const document =
      'before\n<!-- figures: written by npm run bench -- --write -->\nold\n<!-- end of figures -->\nbetween\n' +
      '<!-- figures with other models: written by npm run bench -- --models DIR --write -->\n<!-- end of figures -->\nafter';
    const once = replaceFigures(document, 'new', 'demo models');
    expect(once).toMatch(/^before\n<!--.*-->\n\nnew\n\n<!-- end of figures -->\nbetween\n<!--/);
    expect(replaceFigures(once, 'new', 'demo models')).toBe(once);
    const both = replaceFigures(once, 'others', 'other models');
    expect(both).toMatch(
      /new\n\n<!-- end of figures -->\nbetween\n<!--.*-->\n\nothers\n\n<!-- end.*\nafter$/,
    );
    expect(() => replaceFigures('nothing', 'new', 'demo models')).toThrow('PERFORMANCE.md');
    expect(() => replaceFigures(document, 'new', 'ingestor')).toThrow('INGESTOR.md');
    const endLost = document.replace('<!-- end of figures -->', '');
    expect(() => replaceFigures(endLost, 'new', 'demo models')).toThrow('and, after it,');
  });
});
