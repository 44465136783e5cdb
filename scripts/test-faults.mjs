// npm run test:faults: every fault test in its long version, and what npm test cuts short, then a table of what each fault cost.
// With --write the table goes into docs/RELIABILITY.md as well.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap, pnpm } from './bootstrap.mjs';
import { faultTable, withTable } from './fault-table.mjs';
import { checkUsage } from './usage.mjs';

checkUsage('npm run test:faults -- [--write] [names of tests ...]', {
  options: ['--write'],
  names: Infinity,
});

const filters = process.argv.slice(2).filter((argument) => argument !== '--write');
const folder = mkdtempSync(join(tmpdir(), 'trinetra-faults-'));
const report = join(folder, 'report.jsonl');
process.env.FAULTS = 'full';
process.env.FAULTS_REPORT = report;

/** Beside those in test/faults/: what npm test runs in a short version, too. */
const cutShort = ['corrupt-input', 'engine-fallback', 'half-broken', 'squashed-frames'];
let ok = bootstrap() && pnpm(['exec', 'node', 'tools/local-servers/src/prepare.ts']);
// One file at a time: a fault test owns the machine while it measures what a fault costs.
const tests = filters.length > 0 ? filters : ['test/faults/', ...cutShort];
ok &&= pnpm(['exec', 'vitest', 'run', '--no-file-parallelism', ...tests]);
if (existsSync(report)) {
  const rows = readFileSync(report, 'utf8').trim().split('\n');
  const table = faultTable(rows.map((line) => JSON.parse(line)));
  console.log(`\n${table}`);
  if (ok && process.argv.includes('--write')) {
    const file = 'docs/RELIABILITY.md';
    const path = new URL(`../${file}`, import.meta.url);
    writeFileSync(path, withTable(readFileSync(path, 'utf8'), table, new Date().toISOString().slice(0, 10)));
    ok = pnpm(['exec', 'biome', 'format', '--write', file]);
  }
} else if (ok) {
  ok = false;
  console.error('no test reported what it injected: these were not the fault tests in their long version');
}
rmSync(folder, { recursive: true, force: true });
console.log(ok ? 'faults: every promise held' : 'faults: FAILED');
process.exitCode = ok ? 0 : 1;
