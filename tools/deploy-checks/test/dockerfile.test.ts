import { describe, expect, it } from 'vitest';
import { inRepository, readText } from '../src/files.ts';
import { findTool, runTool } from '../src/tools.ts';
import { defaultOf } from '../src/worker-settings.ts';

const hadolint = findTool('hadolint');
const text = readText('deploy/Dockerfile');
/** The instructions of each stage, one a line. */
const stages = new Map(
  text
    .replaceAll(/\\\n\s*/g, '')
    .split(/^(?=FROM )/m)
    .slice(1)
    .map((stage) => [/ AS (\S+)/.exec(stage)?.[1] ?? '', stage]),
);

describe('the Dockerfile', () => {
  it.skipIf(hadolint === undefined)('pleases hadolint', () => {
    const { status, text: said } = runTool(hadolint ?? '', [inRepository('deploy/Dockerfile')]);
    expect(said).toBe('');
    expect(status).toBe(0);
  });

  it('installs the pnpm of the repository, and fetches by the lockfile alone', () => {
    const { packageManager } = JSON.parse(readText('package.json')) as { packageManager: string };
    expect(text).toContain(`npm install --global ${packageManager}\n`);
    expect(text).toContain('pnpm install --frozen-lockfile');
  });

  it.each(['cpu', 'cuda'])('ends its target %s without root, with a health check and an init', (name) => {
    const stage = stages.get(name) ?? '';
    expect(stage).toMatch(/^USER 10001:10001$/m);
    expect(stage).toMatch(/^HEALTHCHECK .*CMD \["node", "\/app\/healthcheck.mjs"\]$/m);
    expect(stage).toMatch(/^ENTRYPOINT \["tini", "--", "node", "\/app\/dist\/main.js"\]$/m);
    expect(stage).toMatch(/^STOPSIGNAL SIGTERM$/m);
    expect(stage).toContain(
      `METRICS_PORT=${defaultOf('METRICS_PORT')}\nEXPOSE ${defaultOf('METRICS_PORT')}\n`,
    );
    expect(stage).not.toContain(':latest');
  });

  it('has the two targets alike from their environment on', () => {
    const end = (name: string): string =>
      (stages.get(name) ?? '')
        .slice((stages.get(name) ?? '').indexOf('ENV NODE_ENV'))
        .split('\n')
        .filter((line) => /^[A-Z]/.test(line))
        .join('\n');
    expect(end('cuda')).toBe(end('cpu'));
    expect(end('cpu')).toContain('ENTRYPOINT');
  });
});
