import { expect, it } from 'vitest';

const script = new URL('../../../scripts/fault-table.mjs', import.meta.url).href;
const { faultTable, withTable } = await import(script);

it('gives each fault a row: what was injected, lost, published twice, and how long it took to recover', () => {
  const table = faultTable([
    { fault: 'Kafka killed', injected: '44 frames', frames: 44, duplicates: 0, recoveredMs: 437 },
    { fault: 'policy a|b', injected: '60 frames', frames: 60, lost: 53, duplicates: 2, recoveredMs: 1620 },
    { fault: 'soak', injected: '120 s' },
  ]);
  expect(table.split('\n')).toEqual([
    '| fault | injected | lost | duplicates | recovered in |',
    '| --- | --- | --- | --- | --- |',
    '| Kafka killed | 44 frames | 0 of 44 | 0 | 437 ms |',
    '| policy a\\|b | 60 frames | 53 of 60 | 2 | 1.6 s |',
    '| soak | 120 s | - | - | - |',
  ]);
});

const [begin, end] = [
  '<!-- figures: written by npm run test:faults -- --write -->',
  '<!-- end of figures -->',
];

it('puts the table in place of the one between the marks', () => {
  expect(withTable(`a\n\n${begin}\n\nold\n\n${end}\nb\n`, '| new |', '2026-01-31')).toBe(
    `a\n\n${begin}\n\nRun of 2026-01-31.\n\n| new |\n\n${end}\nb\n`,
  );
  expect(() => withTable('a\n', '| new |', '2026-01-31')).toThrow('expected docs/RELIABILITY.md to hold');
});
