import { describe, expect, it } from 'vitest';
import { ingestorTable, type Reference, type WayResult } from './ingestor-table.ts';

const reference: Reference = {
  pictures: [
    { width: 1920, height: 1080 },
    { width: 600, height: 800 },
  ],
  persons: 4,
  faces: 3,
};
const result: WayResult = {
  name: 'squashed',
  agreements: [
    { overlaps: [0.9, 0.6], cosines: [0.95], others: 1 },
    { overlaps: [1], cosines: [0.85], others: 0 },
  ],
  bytes: [40_000, 60_000],
  inputs: ['640x640', '640x384', '640x640'],
  decodeMs: 2.345,
};

describe('ingestorTable', () => {
  it('puts the persons of all pictures together, a row for each way', () => {
    const { columns, rows } = ingestorTable([result], reference);
    expect(rows).toEqual([
      [
        'squashed',
        '3 of 4',
        '1',
        '0.600',
        '0.900',
        '2 of 3',
        '0.900',
        '50',
        '5.0',
        2.345,
        '640x384, 640x640',
      ],
    ]);
    expect(columns).toHaveLength(rows[0]?.length ?? 0);
  });

  it('has dashes where nobody is found again', () => {
    const agreements = [{ overlaps: [], cosines: [], others: 0 }];
    const [row] = ingestorTable([{ ...result, agreements }], reference).rows;
    expect(row?.slice(1, 7)).toEqual(['0 of 4', '0', '-', '-', '0 of 3', '-']);
  });

  it('says which pictures there were, and which were too small to be reduced', () => {
    const { note } = ingestorTable([result], reference);
    expect(note).toContain('2 pictures of aspects 0.75 to 1.78');
    expect(note).toContain('keep their size: 0 at 640 px, 1 at 960 px, 1 at 1280 px.');
  });

  it('says where there are too few persons for a 5th percentile', () => {
    expect(ingestorTable([result], reference).note).toContain('With 4 persons p5 is the worst of them');
    expect(ingestorTable([result], { ...reference, persons: 21 }).note).not.toContain('worst');
  });
});
