// npm run test:faults: every fault test in its long version, then a table of what was injected and counted.
// With --write the table goes into docs/RELIABILITY.md as well.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap, pnpm } from './bootstrap.mjs';
import { checkUsage } from './usage.mjs';

checkUsage('npm run test:faults -- [--write] [names of tests ...]', {
  options: ['--write'],
  names: Infinity,
});

const document = new URL('../docs/RELIABILITY.md', import.meta.url);
const begin = '<!-- figures: written by npm run test:faults -- --write -->';
const end = '<!-- end of figures -->';

function tableOf(file) {
  const rows = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const cell = (text) => text.replaceAll('|', '\\|');
  return [
    '| Fault | Injected | Counted |',
    '|---|---|---|',
    ...rows.map(
      ({ fault, injected, counted }) => `| ${cell(fault)} | ${cell(injected)} | ${cell(counted)} |`,
    ),
  ].join('\n');
}

function writeTable(table) {
  const text = readFileSync(document, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`expected docs/RELIABILITY.md to hold "${begin}" and "${end}"`);
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(
    document,
    `${text.slice(0, from)}${begin}\n\nRun of ${date}.\n\n${table}\n\n${text.slice(to)}`,
  );
}

const filters = process.argv.slice(2).filter((argument) => argument !== '--write');
const folder = mkdtempSync(join(tmpdir(), 'trinetra-faults-'));
const report = join(folder, 'report.jsonl');
process.env.FAULTS = 'full';
process.env.FAULTS_REPORT = report;

let ok = bootstrap() && pnpm(['exec', 'node', 'tools/local-servers/src/prepare.ts']);
// One file at a time: a fault test owns the machine while it measures what a fault costs.
ok &&= pnpm([
  'exec',
  'vitest',
  'run',
  '--no-file-parallelism',
  ...(filters.length > 0 ? filters : ['test/faults/', 'corrupt']),
]);
if (existsSync(report)) {
  const table = tableOf(report);
  console.log(`\n${table}`);
  if (ok && process.argv.includes('--write')) writeTable(table);
} else if (ok) {
  ok = false;
  console.error('no test reported what it injected: these were not the fault tests in their long version');
}
rmSync(folder, { recursive: true, force: true });
console.log(ok ? 'faults: every promise held' : 'faults: FAILED');
process.exitCode = ok ? 0 : 1;
