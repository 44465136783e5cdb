import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRepository } from './files.ts';
import { type Recording, stepSeconds } from './recording.ts';
import { findTool, runTool } from './tools.ts';

/** Labels by which alerts are told apart here. */
const labels = ['alertname', 'camera_id', 'gpu', 'group', 'model'] as const;

/** An alert that is expected: its name, or with the values of `labels` that it has. */
export type ExpectedAlert = string | Readonly<Partial<Record<(typeof labels)[number], string>>>;

function labelsOf(alert: ExpectedAlert): string {
  const values = typeof alert === 'string' ? { alertname: alert } : alert;
  const pairs = labels.flatMap((label) => (values[label] === undefined ? [] : `${label}="${values[label]}"`));
  return `{${pairs.join(', ')}}`;
}

/** What must fire at the end of a recording: exactly these. */
export interface FiringCase {
  readonly recording: Recording;
  readonly expected: readonly ExpectedAlert[];
  /** Names of alerts that may fire or not, as the machine may be slow. */
  readonly leftAside?: readonly string[];
}

/**
 * Feeds recordings to the alert rules, and asks which alerts fire at the end of each.
 *
 * @returns What promtool has against what is expected; undefined if it is so.
 * @throws if there is no promtool.
 */
export function firingProblem(cases: readonly FiringCase[]): string | undefined {
  const promtool = findTool('promtool');
  if (promtool === undefined) throw new Error('promtool is not to be had');
  const tests = cases.map(({ recording, expected, leftAside = [] }) => ({
    interval: `${stepSeconds}s`,
    input_series: recording.inputSeries(),
    promql_expr_test: [
      {
        expr: `group by (${labels.join(', ')}) (ALERTS{alertstate="firing", alertname!~"${leftAside.join('|')}"})`,
        eval_time: `${recording.minutes * 60}s`,
        exp_samples: expected.map((alert) => ({ labels: labelsOf(alert), value: 1 })),
      },
    ],
  }));
  const rules = inRepository('deploy/prometheus/alerts.yml');
  const work = mkdtempSync(join(tmpdir(), 'trinetra-alerts-'));
  try {
    const file = join(work, 'recorded.json');
    writeFileSync(
      file,
      JSON.stringify({ rule_files: [rules], evaluation_interval: `${stepSeconds}s`, tests }),
    );
    const { status, text } = runTool(promtool, ['test', 'rules', file]);
    return status === 0 ? undefined : text;
  } finally {
    rmSync(work, { recursive: true });
  }
}
