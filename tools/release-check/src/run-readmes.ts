import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Published, root } from './packages.ts';

/** What became of the example of a README: the name of its package, and what failed; undefined if nothing did. */
export type ReadmeRun = readonly [name: string, failure: string | undefined];

/** The test of a package that runs the first example of its README. */
function readmeTest({ folder }: Published): string {
  const names = ['src/readme.test.ts', 'test/readme.test.ts', 'test/readme.test.mts'];
  const places = names.map((name) => join(root, folder, name));
  const test = places.find((file) => existsSync(file));
  if (test === undefined) throw new Error(`Expected ${folder} to have a readme.test.ts`);
  return test;
}

/**
 * Runs the tests of READMEs against installed packages.
 *
 * @param installed Its folders are named like those of the packages, and have one of them installed each.
 * @param report A file for the results.
 */
export async function runReadmes(
  packages: readonly Published[],
  installed: string,
  node: string,
  report: string,
): Promise<ReadmeRun[]> {
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
  const args = [
    'run',
    '--root',
    root,
    '--reporter=json',
    `--outputFile.json=${report}`,
    '--passWithNoTests=false',
  ];
  const tests = packages.map(readmeTest);
  const outer = Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST'));
  const child = spawn(process.execPath, [vitest, ...args, ...tests], {
    cwd: root,
    env: { ...Object.fromEntries(outer), README_INSTALLED: installed, README_NODE: node },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(child, 'close');
  const { testResults }: Report = JSON.parse(readFileSync(report, 'utf8'));
  return packages.map((one, at) => {
    const results = testResults.find(({ name }) => name === tests[at])?.assertionResults ?? [];
    const failures = results
      .filter(({ status }) => status !== 'passed')
      .map(({ status, failureMessages }) => [status, ...failureMessages].join('\n'));
    if (results.length === 0) failures.push('no example ran');
    return [one.manifest.name, failures.length === 0 ? undefined : failures.join('\n')];
  });
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}
