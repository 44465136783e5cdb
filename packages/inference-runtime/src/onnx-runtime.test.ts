import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adviceFor, findOnnxRuntime } from './onnx-runtime.ts';

const read = (path: string): Record<'dependencies' | 'peerDependencies' | 'optionalDependencies', object> =>
  JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const own = read('../package.json');
const cpu = read('../../onnxruntime-cpu/package.json');
const platforms = Object.keys(cpu.optionalDependencies).map((name) =>
  name.replace('@trinetra/onnxruntime-cpu-', ''),
);

describe('ONNX Runtime', () => {
  it('is onnxruntime-node where that is installed, with binaries of this machine', () => {
    const { name, version, binaries } = findOnnxRuntime();
    expect({ name, version }).toEqual({ name: 'onnxruntime-node', version: '1.30.0' });
    expect(existsSync(join(binaries, 'onnxruntime_binding.node'))).toBe(true);
  });

  it('is of one version, whichever package it comes from', () => {
    const { version } = findOnnxRuntime();
    expect(own.peerDependencies).toEqual({ 'onnxruntime-node': version });
    expect(cpu.dependencies).toEqual({ 'onnxruntime-common': version });
  });

  it.each([
    ['linux-x64', true, /no build for musl \(Alpine\) on linux-x64: use a Linux with glibc/],
    ['darwin-x64', false, /no build for darwin-x64, only for .*darwin-arm64.*linux-x64/],
    ['linux-riscv64', false, /no build for linux-riscv64, only for/],
    ['linux-arm64', false, /@trinetra\/onnxruntime-cpu-linux-arm64 is not installed: install again/],
    ['win32-x64', false, /without --omit=optional/],
  ])('that is missing on %s (musl: %s) is told with what to do', (platform, musl, sentence) => {
    expect(adviceFor({ platform, musl }, platforms)).toMatch(sentence);
  });

  it('that no package brings is told by the name of the package', () => {
    const advice = adviceFor({ platform: 'linux-x64', musl: false }, []);
    expect(advice).toMatch(/^@trinetra\/onnxruntime-cpu cannot be found: install it beside/);
  });
});
