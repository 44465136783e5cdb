import { mistypedVariables } from '@trinetra/env-settings';
import { expect, it } from 'vitest';
import { unknownVariable } from './config.ts';
import { settings } from './settings.ts';

it.each([
  ['BATCH_SIZ', 'BATCH_SIZE'],
  ['BTACH_SIZE', 'BATCH_SIZE'],
  ['BATCHSIZE', 'BATCH_SIZE'],
  ['batch_size', 'BATCH_SIZE'],
  ['TRINETRA_BATCH_SIZE', 'BATCH_SIZE'],
  ['BATCH_TIMEOUT', 'BATCH_TIMEOUT_MS'],
  ['TIMEOUT_BATCH_MS', 'BATCH_TIMEOUT_MS'],
  ['REDIS_URI', 'REDIS_URL'],
  ['KAFKA_BOOTSTRAP_SERVER', 'KAFKA_BOOTSTRAP_SERVERS'],
  ['KAFKA_BROKERS', 'KAFKA_BOOTSTRAP_SERVERS'],
  ['KAFKA_SASL_MECHANISMS', 'KAFKA_SASL_MECHANISM'],
  ['YOLO_MODEL_PATH', 'YOLO_ENGINE_PATH'],
  ['LOGLEVEL', 'LOG_LEVEL'],
])('%s: %s is meant', (name, meant) => {
  expect(mistypedVariables(settings, { [name]: 's3cret' })).toEqual([{ name, meant }]);
});

it('says nothing of its own settings, nor of what systems, shells, Kubernetes and other programs set', () => {
  const others =
    'PATH HOME HOSTNAME LANG LC_ALL LOGNAME MAIL NODE_ENV NODE_OPTIONS PWD SHELL SHLVL TERM TMPDIR TZ USER LINK PORT HOST ' +
    'REDIS_PORT REDIS_SERVICE_HOST REDIS_SERVICE_PORT REDIS_PORT_6379_TCP KAFKA_PORT KAFKA_SERVICE_HOST KAFKA_HEAP_OPTS ' +
    'KAFKA_LOG_DIRS KUBERNETES_SERVICE_HOST STATSD_HOST STATSD_PORT METRICS_SERVICE_PORT HTTP_PROXY NO_PROXY DOCKER_HOST ' +
    'CUDA_VISIBLE_DEVICES CUDA_CACHE_PATH LD_LIBRARY_PATH NVIDIA_VISIBLE_DEVICES OMP_NUM_THREADS UV_THREADPOOL_SIZE ' +
    'MODELS_DIR TRINETRA_CACHE INVOCATION_ID JOURNAL_STREAM SYSTEMD_EXEC_PID XDG_RUNTIME_DIR npm_config_cache _';
  const names = [...others.split(' '), ...Object.keys(settings)];
  expect(mistypedVariables(settings, Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual([]);
});

it('takes the name that another program has for a setting as its own, once the setting is there', () => {
  const env = { KAFKA_BROKERS: 'a:1', KAFKA_BOOTSTRAP_SERVERS: 'a:1', BATCH_SIZ: '8', BATCH_SIZE: '4' };
  expect(mistypedVariables(settings, env)).toEqual([{ name: 'BATCH_SIZ', meant: 'BATCH_SIZE' }]);
});

it('writes a name as a terminal may have it', () => {
  expect(unknownVariable('BATCH_SIZE\u001b[2J', 'BATCH_SIZE')).not.toContain('\u001b');
});
