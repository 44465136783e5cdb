import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
let fresh = '';

// A checkout in which nothing is installed, and no npx to do it with.
beforeAll(() => {
  fresh = mkdtempSync(join(tmpdir(), 'trinetra-fresh-'));
  for (const path of ['scripts', 'tools/demo/src'])
    cpSync(join(root, path), join(fresh, path), { recursive: true });
});
afterAll(() => rmSync(fresh, { recursive: true }));

function demo(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(fresh, 'scripts/demo.mjs'), ...args], {
    encoding: 'utf8',
    env: { PATH: dirname(fresh), INIT_CWD: fresh },
  });
  return { status, stdout, stderr };
}

describe('npm run demo in a fresh checkout', () => {
  it('tells bad options at once, with exit code 2', () => {
    expect(demo('--fps', 'fast', '--frames', 'photos')).toEqual({
      status: 2,
      stdout: '',
      stderr: [
        `--frames: expected a folder but ${join(fresh, 'photos')} does not exist`,
        '--fps: expected a number in 0.01..1000 but received "fast"\n',
      ].join('\n'),
    });
  });

  it('shows its options at once', () => {
    expect(demo('--help')).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/--seconds <s> .*20/),
    });
  });

  it('installs where the options are good', () => {
    expect(demo('--fps', '2').stderr).toMatch(/^Installing and building/);
  });
});
