import { pnpmOutput } from './bootstrap.mjs';

/** The report of `pnpm audit --json`; undefined if the registry gave none. */
function reportOf(output) {
  try {
    const report = JSON.parse(output);
    return report?.metadata?.vulnerabilities === undefined ? undefined : report;
  } catch {
    return undefined; // an error message
  }
}

/**
 * Asks the registry for known weaknesses of what ships. Not every registry (such as a mirror) answers that.
 * `answered` tells, so that "not checked" never looks like "nothing found".
 */
export function auditDependencies(run = pnpmOutput) {
  const { status, stdout, stderr } = run(['audit', '--prod', '--audit-level', 'high', '--json']);
  const report = reportOf(stdout);
  if (report === undefined) {
    const reason = /ERR_PNPM_\w+/.exec(`${stdout}${stderr}`)?.[0] ?? `pnpm audit ended with ${status}`;
    return { answered: false, ok: true, text: `the registry gave no answer (${reason})` };
  }
  const { high = 0, critical = 0 } = report.metadata.vulnerabilities;
  const text = `${high} high, ${critical} critical`;
  const names = Object.values(report.advisories ?? {})
    .filter(({ severity }) => severity === 'high' || severity === 'critical')
    .map(({ module_name: name, title, url }) => `${name}: ${title} (${url})`);
  return { answered: true, ok: high + critical === 0, text: [text, ...names].join('\n  ') };
}
