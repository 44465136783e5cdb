// npm test: install, build, every check and every test. The last line counts them.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { auditDependencies } from './audit.mjs';
import { bootstrap, pnpm, root } from './bootstrap.mjs';
import { checkUsage } from './usage.mjs';

checkUsage('npm test');

let passed = 0;
let failed = 0;
let skipped = 0;

function check(name, run) {
  const startedAt = Date.now();
  const ok = run();
  if (ok) passed += 1;
  else failed += 1;
  console.log(`${ok ? 'ok' : 'FAILED'}: ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
  return ok;
}

function printSlowest(files) {
  console.log('the slowest files:');
  for (const { name, startTime, endTime } of files
    .toSorted((a, b) => b.endTime - b.startTime - (a.endTime - a.startTime))
    .slice(0, 20))
    console.log(`${((endTime - startTime) / 1000).toFixed(1).padStart(7)} s  ${relative(root, name)}`);
}

function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'trinetra-test-'));
  const report = join(folder, 'report.json');
  pnpm(['exec', 'vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]);
  if (!existsSync(report)) {
    failed += 1;
    console.log('FAILED: vitest wrote no report');
  } else {
    const results = JSON.parse(readFileSync(report, 'utf8'));
    printSlowest(results.testResults);
    const skippedNames = results.testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status }) => status !== 'passed' && status !== 'failed')
      .map(({ fullName }) => fullName);
    for (const name of skippedNames) console.log(`skipped: ${name}`);
    const brokenFiles = results.testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && !assertionResults.some((one) => one.status === 'failed'),
    );
    for (const { name, message } of brokenFiles) console.log(`FAILED: ${name}: ${message}`);
    passed += results.numPassedTests;
    failed += results.numFailedTests + brokenFiles.length;
    skipped += skippedNames.length;
    if (!results.success && failed === 0) failed += 1;
  }
  rmSync(folder, { recursive: true, force: true });
}

if (check('install and build', () => bootstrap())) {
  check('lint, imports, types, nothing unused, packages are publishable, NOTICE', () =>
    pnpm(['run', 'check']),
  );
  const audit = auditDependencies();
  if (audit.answered) check(`no known weakness of level high in what ships: ${audit.text}`, () => audit.ok);
  else {
    skipped += 1;
    console.log(`skipped: audit of dependencies: NOT CHECKED, ${audit.text}`);
  }
  check('servers for the tests', () => pnpm(['exec', 'node', 'tools/local-servers/src/prepare.ts']));
  check('tools for the checks of deploy/', () =>
    pnpm(['exec', 'node', 'tools/deploy-checks/src/prepare.ts']),
  );
  runTests();
}
console.log(`tests: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;
