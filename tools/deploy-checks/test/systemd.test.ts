import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inRepository, readText } from '../src/files.ts';
import { findTool, runTool } from '../src/tools.ts';
import { parseEnvFile, settingProblems } from '../src/worker-settings.ts';

const analyze = findTool('systemd-analyze');
const unit = readText('deploy/systemd/trinetra-worker@.service');
const work = mkdtempSync(join(tmpdir(), 'trinetra-unit-'));
const instance = join(work, 'trinetra-worker@0.service');
copyFileSync(inRepository('deploy/systemd/trinetra-worker@.service'), instance);
afterAll(() => rmSync(work, { recursive: true }));

describe('the systemd unit', () => {
  it.skipIf(analyze === undefined)('is one that systemd understands', () => {
    const { status, text } = runTool(analyze ?? '', ['verify', '--man=no', instance]);
    // Node may lie elsewhere on the machine that runs this.
    const said = text
      .split('\n')
      .filter((line) => line !== '' && !line.includes('/usr/bin/node is not executable'));
    expect(said).toEqual([]);
    expect([0, 1]).toContain(status);
  });

  it.skipIf(analyze === undefined)('leaves the worker little to do harm with', () => {
    const { text } = runTool(analyze ?? '', ['security', '--offline=true', '--no-pager', instance]);
    const [, exposure = ''] = /Overall exposure level for .*: (\S+)/.exec(text) ?? [];
    expect(Number(exposure), text).toBeLessThan(2);
  });

  it('restarts always, but not where the configuration is not valid', () => {
    expect(unit).toMatch(/^Restart=always$/m);
    expect(unit).toMatch(/^RestartPreventExitStatus=2$/m);
    expect(unit).toMatch(/^StartLimitIntervalSec=0$/m);
    expect(unit).toMatch(/^TimeoutStopSec=60$/m);
    expect(unit).toMatch(/^Environment=STOP_TIMEOUT_MS=55000$/m); // some seconds less
  });

  it('sets only variables that the worker reads, to values that it takes', () => {
    const example = parseEnvFile(readText('deploy/systemd/worker.env.example'));
    const ofUnit = [...unit.matchAll(/^Environment=(.*)$/gm)].flatMap(([, list = '']) => list.split(' '));
    const foreign = new Set(['NODE_ENV', 'CUDA_VISIBLE_DEVICES', 'CUDA_CACHE_PATH']);
    const own = ofUnit.map((one) => one.split('=')).filter(([name = '']) => !foreign.has(name));
    expect(own.map(([name]) => name)).toEqual(['CONSUMER_NAME', 'STOP_TIMEOUT_MS']);
    expect(settingProblems({ ...example, ...Object.fromEntries(own) })).toEqual([]);
  });
});
