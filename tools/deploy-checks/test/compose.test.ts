import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startRedis } from '@trinetra/local-servers';
import { describe, expect, it } from 'vitest';
import { at, everywhere, inRepository, listAt, readYaml } from '../src/files.ts';
import { runTool } from '../src/tools.ts';
import { defaultOf, settingProblems } from '../src/worker-settings.ts';

const compose = readYaml('deploy/compose.yaml');
const cuda = readYaml('deploy/compose.cuda.yaml');
const services = Object.entries(at(compose, 'services') as Record<string, unknown>);

/** `${NAME:-value}` as it is without an environment. */
const withDefaults = (value: unknown): string => String(value).replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1');

/** The options of Redis' command line, by name. */
function redisOptions(): Map<string, string> {
  const [, ...args] = listAt(compose, 'services', 'redis', 'command').map(String);
  return new Map(
    args.flatMap((arg, index) => (arg.startsWith('--') ? [[arg.slice(2), args[index + 1] ?? '']] : [])),
  );
}

describe('compose.yaml', () => {
  it('sets only variables that the worker reads, to values that it takes', () => {
    const env = at(compose, 'services', 'worker', 'environment') as Record<string, unknown>;
    const plain = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, withDefaults(value)]));
    expect(settingProblems(plain)).toEqual([]);
  });

  it('points the worker to servers, models and a topic that are there', () => {
    const env = at(compose, 'services', 'worker', 'environment');
    expect(at(env, 'REDIS_URL')).toBe('redis://redis:6379');
    expect(at(env, 'KAFKA_BOOTSTRAP_SERVERS')).toBe('kafka:9092');
    expect(at(compose, 'services', 'kafka', 'environment', 'KAFKA_ADVERTISED_LISTENERS')).toContain(
      'INSIDE://kafka:9092',
    );
    const topic = listAt(compose, 'services', 'topics', 'command').map(String);
    expect(topic).toContain(`--topic=${defaultOf('KAFKA_TOPIC')}`);
    expect(topic).toContain('--partitions=8');
    const models = withDefaults(at(compose, 'services', 'worker', 'volumes', 0, 'source'));
    for (const name of ['YOLO_ENGINE_PATH', 'ARCFACE_ENGINE_PATH', 'FACE_MODEL_PATH']) {
      const path = withDefaults(at(env, name)).replace('/models', join(inRepository('deploy'), models));
      expect(existsSync(path), path).toBe(true);
    }
  });

  it('runs a Redis that never evicts a stream', async () => {
    const options = redisOptions();
    expect(options.get('maxmemory-policy')).toBe('noeviction');
    await using stack = new AsyncDisposableStack();
    const server = await startRedis();
    stack.defer(() => server.close());
    const { port } = new URL(server.url);
    for (const [name, value] of options) {
      const { text } = runTool('redis-cli', ['-p', port, 'config', 'set', name, value]);
      expect(text.trim(), name).toBe('OK');
    }
  });

  it('pins every image, binds every port to loopback and mounts only what is there', () => {
    for (const [name, service] of services) {
      expect(at(service, 'image'), name).toMatch(/:[\w.-]+$/);
      expect(at(service, 'image'), name).not.toMatch(/:latest$/);
      for (const port of listAt(service, 'ports')) expect(port, name).toMatch(/^127\.0\.0\.1:/);
      for (const volume of listAt(service, 'volumes')) {
        const source = typeof volume === 'string' ? volume.split(':')[0] : at(volume, 'source');
        const path = withDefaults(source);
        const there = path.startsWith('.')
          ? existsSync(join(inRepository('deploy'), path))
          : at(compose, 'volumes', path) !== undefined;
        expect(there, `${name}: ${path}`).toBe(true);
      }
      for (const other of Object.keys(Object(at(service, 'depends_on')))) {
        if (!Array.isArray(at(service, 'depends_on')))
          expect(at(compose, 'services', other), name).toBeDefined();
      }
    }
  });

  it('gives the worker no rights and time to finish', () => {
    const worker = at(compose, 'services', 'worker');
    expect(at(worker, 'read_only')).toBe(true);
    expect(at(worker, 'cap_drop')).toEqual(['ALL']);
    expect(at(worker, 'security_opt')).toEqual(['no-new-privileges:true']);
    expect(at(worker, 'stop_grace_period')).toBe('60s');
    expect(at(worker, 'environment', 'STOP_TIMEOUT_MS')).toBe('55000'); // some seconds less
    expect(at(worker, 'build', 'dockerfile')).toBe('deploy/Dockerfile');
  });

  it('is what Prometheus scrapes and Grafana shows', () => {
    const [job] = listAt(readYaml('deploy/prometheus/prometheus.yml'), 'scrape_configs');
    expect(at(job, 'job_name')).toBe('inference-worker');
    const [dns] = listAt(job, 'dns_sd_configs');
    expect(at(compose, 'services', String(at(dns, 'names', 0)))).toBeDefined();
    expect(String(at(dns, 'port'))).toBe(defaultOf('METRICS_PORT'));
    const source = readYaml('deploy/grafana/provisioning/datasources/prometheus.yml');
    expect(everywhere(source, 'url')).toEqual(['http://prometheus:9090']);
    const provider = readYaml('deploy/grafana/provisioning/dashboards/trinetra.yml');
    const path = String(at(provider, 'providers', 0, 'options', 'path'));
    expect(listAt(compose, 'services', 'grafana', 'volumes')).toContain(`./grafana/dashboards:${path}:ro`);
  });

  it('reserves one GPU a worker with compose.cuda.yaml', () => {
    const worker = at(cuda, 'services', 'worker');
    expect(at(worker, 'build', 'target')).toBe('cuda');
    expect(at(worker, 'deploy', 'resources', 'reservations', 'devices', 0, 'count')).toBe(1);
  });
});
