import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly publishConfig: { readonly os: string[]; readonly cpu: string[]; readonly libc?: string[] };
}

const own = fileURLToPath(new URL('../', import.meta.url));
const read = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const platforms = readdirSync(join(own, 'platforms')).sort();
const work = mkdtempSync(join(tmpdir(), 'trinetra-platforms-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const libraries: Readonly<Record<string, string>> = {
  darwin: 'libonnxruntime.1.dylib',
  linux: 'libonnxruntime.so.1',
  win32: 'onnxruntime.dll',
};

describe('the packages of binaries', () => {
  it('are what @trinetra/onnxruntime-cpu takes in, in exactly its version', () => {
    const { optionalDependencies = {}, version } = read(own);
    const wanted = platforms.map((name) => [`@trinetra/onnxruntime-cpu-${name}`, 'workspace:*']);
    expect(optionalDependencies).toEqual(Object.fromEntries(wanted));
    for (const name of platforms) expect(read(join(own, 'platforms', name)).version).toBe(version);
  });

  it.each(platforms)('%s is for that machine alone', (platform) => {
    const { name, publishConfig } = read(join(own, 'platforms', platform));
    const [os, cpu] = platform.split('-');
    expect(name).toBe(`@trinetra/onnxruntime-cpu-${platform}`);
    expect(publishConfig).toMatchObject({ os: [os], cpu: [cpu] });
    expect(publishConfig.libc).toEqual(os === 'linux' ? ['glibc'] : undefined);
  });

  it.each(platforms)('%s holds the binding, the library that it loads, and the licences', (platform) => {
    const folder = join(work, platform);
    mkdirSync(folder);
    copyFileSync(join(own, 'platforms', platform, 'package.json'), join(folder, 'package.json'));
    execFileSync(process.execPath, [join(own, 'take-runtime.mjs')], { cwd: folder });
    const library = libraries[platform.split('-')[0] ?? ''] ?? '';
    expect(readdirSync(folder).sort()).toEqual(
      [
        'LICENSE',
        'README.md',
        'ThirdPartyNotices.txt',
        library,
        'onnxruntime_binding.node',
        'package.json',
      ].sort(),
    );
    expect(readFileSync(join(folder, 'onnxruntime_binding.node')).includes(library)).toBe(true);
    rmSync(folder, { recursive: true });
  });
});
