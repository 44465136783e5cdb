import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTelemetry, mergeExpositions } from '@trinetra/telemetry';
import { describe, expect, it } from 'vitest';
import { at, everywhere, inRepository, listAt, readText, readYaml } from '../src/files.ts';
import { findTool, runTool } from '../src/tools.ts';

const promtool = findTool('promtool');
const folder = inRepository('deploy/prometheus');
const rules = listAt(readYaml('deploy/prometheus/alerts.yml'), 'groups').flatMap((group) =>
  listAt(group, 'rules'),
);
const names = rules.map((rule) => String(at(rule, 'alert')));

describe.skipIf(promtool === undefined)('promtool', () => {
  const tool = promtool ?? '';

  it('finds nothing wrong with the configuration and the alerts', () => {
    const { status, text } = runTool(tool, ['check', 'config', 'prometheus.yml'], folder);
    expect(text).toContain(`${names.length} rules found`);
    expect(status, text).toBe(0);
  });

  it('sees every alert fire and stay silent as its test says', () => {
    const { status, text } = runTool(tool, ['test', 'rules', 'alerts.test.yml'], folder);
    expect(status, text).toBe(0);
  });

  it('forgets a camera that stopped a day after its last frame', () => {
    // Delivers for 20 minutes of 50 hours; looked at every 5 minutes, as a day in steps of 30 s takes promtool long.
    const name = (metric: string): string => `trinetra_worker_${metric}{instance="w",camera_id="a"}`;
    const series = [
      { series: 'trinetra_worker_ready{instance="w"}', values: '1x600' },
      { series: name('frames_unread'), values: '0x600' },
      { series: name('frames_delivered_total'), values: '0+60x4 240x596' },
    ];
    const firing = 'count(ALERTS{alertname="InferenceCameraStopped", alertstate="firing"})';
    const checks = [
      { expr: firing, eval_time: '23h', exp_samples: [{ labels: '{}', value: 1 }] },
      { expr: firing, eval_time: '25h', exp_samples: [] },
    ];
    const tests = [{ interval: '5m', input_series: series, promql_expr_test: checks }];
    const work = mkdtempSync(join(tmpdir(), 'trinetra-day-'));
    try {
      const file = join(work, 'day.json');
      const rules = { rule_files: [join(folder, 'alerts.yml')], evaluation_interval: '5m' };
      writeFileSync(file, JSON.stringify({ ...rules, tests }));
      const { status, text } = runTool(tool, ['test', 'rules', file]);
      expect(status, text).toBe(0);
    } finally {
      rmSync(work, { recursive: true });
    }
  });

  it.each([
    ['2 workers tell of the same 2 cameras', true, 1, 30],
    ['there is no camera', false, 1, 0],
    ['no worker is ready', false, 0, null],
  ])('gives KEDA a figure where %s', (_, cameras, ready, expected) => {
    const series = ['w1', 'w2'].flatMap((instance) => [
      { series: `trinetra_worker_ready{instance="${instance}"}`, values: String(ready) },
      ...['a', 'b'].flatMap((camera) =>
        ['worker_frames_unread', 'worker_oldest_unread_age_seconds'].map((name) => ({
          series: `trinetra_${name}{instance="${instance}",camera_id="${camera}"}`,
          values: cameras ? (name.includes('age') ? '30' : '15') : '_',
        })),
      ),
    ]);
    const queries = everywhere(readYaml('deploy/kubernetes/components/keda/scaled-object.yaml'), 'query');
    const samples = expected === null ? [] : [{ labels: '{}', value: expected }];
    const checks = queries.map((expr) => ({ expr, eval_time: '0m', exp_samples: samples }));
    const tests = [{ interval: '1m', input_series: series, promql_expr_test: checks }];
    const work = mkdtempSync(join(tmpdir(), 'trinetra-keda-'));
    try {
      const file = join(work, 'keda.json');
      writeFileSync(file, JSON.stringify({ tests }));
      const { status, text } = runTool(tool, ['test', 'rules', file]);
      expect(checks).toHaveLength(2);
      expect(status, text).toBe(0);
    } finally {
      rmSync(work, { recursive: true });
    }
  });

  it('can parse the metrics of cameras of any name', async () => {
    await using telemetry = createTelemetry({ workerId: 'w', version: '1', processMetrics: false });
    const cameras = [
      'Front Door',
      'lobby/cam1',
      'Escritório',
      '{site1}:cam1',
      '\\"}',
      'a="b",c="d"} 1',
      '👨‍👩‍👧',
      ' ',
    ];
    for (const camera of cameras) telemetry.frameProcessed(camera);
    const text = await telemetry.registry.metrics();
    expect(text.match(/^trinetra_worker_frames_processed_total\{/gm)).toHaveLength(cameras.length);
    const merged = mergeExpositions([{ labels: { gpu: '0', camera_id: 'x' }, text }]);
    for (const input of [text, merged]) {
      const { status, stdout, stderr } = spawnSync(tool, ['check', 'metrics'], { input, encoding: 'utf8' });
      // 3: it can be parsed, and does not please the linter.
      expect([0, 3], stdout + stderr).toContain(status);
      expect(stdout + stderr).not.toContain('error while linting');
    }
    const broken = spawnSync(tool, ['check', 'metrics'], {
      input: text.replace('Front', 'Front"'),
      encoding: 'utf8',
    });
    expect(broken.status).toBe(1);
  });

  it('can parse every query of the dashboard and of KEDA', () => {
    const dashboard = JSON.parse(readText('deploy/grafana/dashboards/inference-worker.json')) as unknown;
    const keda = readYaml('deploy/kubernetes/components/keda/scaled-object.yaml');
    const queries = [...everywhere(at(dashboard, 'panels'), 'expr'), ...everywhere(keda, 'query')];
    expect(queries.length).toBeGreaterThan(30);
    const recorded = queries.map((query, index) => ({
      record: `query:${index}`,
      expr: String(query).replaceAll('$__rate_interval', '1m'),
    }));
    const work = mkdtempSync(join(tmpdir(), 'trinetra-queries-'));
    try {
      const file = join(work, 'queries.json');
      writeFileSync(file, JSON.stringify({ groups: [{ name: 'queries', rules: recorded }] }));
      const { status, text } = runTool(tool, ['check', 'rules', '--lint=none', file]);
      expect(status, text).toBe(0);
    } finally {
      rmSync(work, { recursive: true });
    }
  });
});

describe('the alerts', () => {
  it('are each tested once firing and once silent', () => {
    const cases = listAt(readYaml('deploy/prometheus/alerts.test.yml'), 'tests').flatMap((test) =>
      listAt(test, 'alert_rule_test'),
    );
    for (const name of names) {
      const expected = cases
        .filter((one) => at(one, 'alertname') === name)
        .map((one) => listAt(one, 'exp_alerts').length > 0);
      expect(new Set(expected), name).toEqual(new Set([true, false]));
    }
  });

  it('are each provoked on a real worker, in a test that names it', () => {
    const tests = readdirSync(inRepository('apps/worker/test/alerts')).filter((file) =>
      file.endsWith('.test.ts'),
    );
    const texts = tests.map((file) => readText(`apps/worker/test/alerts/${file}`)).join('');
    expect(names.filter((name) => !texts.includes(`'${name}'`))).toEqual([]);
  });

  it('have an entry in the runbook, to which each of them points', () => {
    const document = readText('docs/DEPLOY.md');
    const headings = [...document.matchAll(/^#### (Inference\w+)$/gm)].map(([, name]) => name);
    expect(headings).toEqual(names);
    for (const rule of rules) {
      const anchor = String(at(rule, 'alert')).toLowerCase();
      expect(at(rule, 'annotations', 'runbook_url')).toMatch(new RegExp(`/docs/DEPLOY\\.md#${anchor}$`));
    }
  });

  it('are the same for the Prometheus operator', () => {
    const rule = readYaml('deploy/kubernetes/components/monitoring/prometheus-rule.yaml');
    expect(at(rule, 'spec', 'groups')).toEqual(at(readYaml('deploy/prometheus/alerts.yml'), 'groups'));
  });
});
