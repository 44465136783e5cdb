import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  errorText,
  type Logger,
  listen,
  parseOptions,
  requireOptions,
  silentLogger,
  within,
} from '@trinetra/contracts';
import { z } from 'zod';
import { limitConnections } from './connection-limit.ts';
import { TelemetryError } from './errors.ts';
import { createLogLimiter, type LogLimiter } from './log-limiter.ts';
import { durationMs, refusing } from './options.ts';
import type { Readiness } from './readiness.ts';
import { sanitiseFields } from './sanitise.ts';

/** What `/metrics` answers with; a `Registry` of prom-client fits. */
export interface MetricsText {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/** Options of {@link createMetricsServer}. */
export interface MetricsServerOptions {
  /** Address to listen on. Default `0.0.0.0`. */
  readonly host?: string | undefined;
  /** 0 takes a free one. Default 8002. */
  readonly port?: number | undefined;
  /**
   * Asked for every `/metrics`: a registry of prom-client, of whatever metrics, or what puts several together
   * ({@link mergeExpositions}). Null: `/metrics` is 404.
   */
  readonly registry: MetricsText | null;
  /** Fields to add to the answer of `/health`, which is 200 as long as the process answers at all. */
  readonly health?: (() => Readonly<Record<string, unknown>>) | undefined;
  /** Asked for every `/ready`, once at a time. Default: always ready. See {@link createReadiness}. */
  readonly ready?: (() => Promise<Readiness>) | undefined;
  /** After which `/ready` is 503 whatever `ready` does, ms. Default 5000. */
  readonly readyTimeoutMs?: number | undefined;
  readonly logger?: Logger | undefined;
}

const schema = z.strictObject({
  host: z.string().min(1).default('0.0.0.0'),
  port: z.int().min(0).max(65_535).default(8002),
  readyTimeoutMs: durationMs.default(5000),
});

/** What a slow or greedy client may take. Node looks for requests that are late only every `connectionsCheckingInterval`. */
const serverLimits = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 8192,
} as const;
/** Of connections beyond, the one that has been idle longest is closed; scrapers and probes need a handful. */
const maxConnections = 64;
const maxRequestsPerSocket = 1000;

/** A server that listens. */
export interface MetricsServer extends AsyncDisposable {
  /** The port it got. */
  readonly port: number;
  /** Stops listening, lets answers under way end for up to a second, then cuts them. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const json = (status: number, value: Readonly<Record<string, unknown>>): Answer => ({
  status,
  type: 'application/json; charset=utf-8',
  body: `${JSON.stringify(sanitiseFields(value, { stacks: false }))}\n`,
});

/**
 * Serves `/metrics` (Prometheus text), `/health` (alive: always 200) and `/ready` (200, or 503 with the
 * dependency that is not ok) over HTTP. Other paths are 404, other methods than GET and HEAD 405.
 *
 * @throws {TelemetryError} `invalid_options`; `listen_failed` where the address cannot be had.
 */
export async function createMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const how = refusing('metricsServer');
  const { registry, health, ready, logger = silentLogger, ...plain } = requireOptions(options, how);
  const values = parseOptions(schema, plain, how);
  if (registry !== null && typeof registry?.metrics !== 'function')
    throw new TelemetryError(
      'invalid_options',
      'metricsServer.registry: expected one with metrics(), or null for no metrics',
    );
  const limiter = createLogLimiter(logger);
  const routes: Readonly<Record<string, () => Answer | Promise<Answer>>> = {
    ...(registry !== null && { '/metrics': () => answerMetrics(registry) }),
    '/health': () => answerHealth(health, limiter),
    '/ready': shared(() => answerReady(ready, values.readyTimeoutMs, limiter)),
  };
  const server = createServer(serverLimits, (request, response) => {
    void respond(routes, request, response, limiter);
  });
  limitConnections(server, maxConnections);
  server.maxRequestsPerSocket = maxRequestsPerSocket;
  const port = await listen(
    server,
    values,
    (problem, because) => new TelemetryError('listen_failed', `metrics server on ${problem}`, because),
  );
  server.on('error', (error) => limiter.error('server', { err: error }, 'metrics server'));
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= stop(server).finally(() => limiter.close());
    return closing;
  };
  return { port, close, [Symbol.asyncDispose]: close };
}

async function respond(
  routes: Readonly<Record<string, () => Answer | Promise<Answer>>>,
  request: IncomingMessage,
  response: ServerResponse,
  limiter: LogLimiter,
): Promise<void> {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  let answer: Answer;
  if (route === undefined) answer = json(404, { error: 'not found' });
  else if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    answer = json(405, { error: 'method not allowed' });
  } else {
    try {
      answer = await route();
    } catch (error) {
      limiter.error(path, { path, err: error }, 'could not answer');
      answer = json(500, { error: 'internal error' });
    }
  }
  // The body of a refused request is not read: the connection cannot serve another one after it.
  if (answer.status === 405) response.setHeader('connection', 'close');
  response.writeHead(answer.status, {
    'content-type': answer.type,
    'content-length': Buffer.byteLength(answer.body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  });
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}

async function answerMetrics(registry: MetricsText): Promise<Answer> {
  return { status: 200, type: registry.contentType, body: await registry.metrics() };
}

function answerHealth(health: MetricsServerOptions['health'], limiter: LogLimiter): Answer {
  try {
    return json(200, { ...health?.(), status: 'alive' });
  } catch (error) {
    limiter.error('health', { err: error }, 'health() failed');
    return json(200, { status: 'alive' });
  }
}

async function answerReady(
  ready: MetricsServerOptions['ready'],
  timeoutMs: number,
  limiter: LogLimiter,
): Promise<Answer> {
  const failed = (detail: string): Readiness => ({ ready: false, checks: { ready: { ok: false, detail } } });
  let result: Readiness;
  try {
    const late = failed(`no answer within ${timeoutMs} ms`);
    result = ready === undefined ? { ready: true, checks: {} } : await within(ready(), timeoutMs, late);
  } catch (error) {
    limiter.error('ready', { err: error }, 'ready() failed');
    result = failed(errorText(error));
  }
  return json(result.ready ? 200 : 503, { ready: result.ready, checks: result.checks });
}

/** Joins calls made while one is under way, so that impatient probes do not pile up on a slow dependency. */
function shared<T>(work: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | undefined;
  return () => {
    current ??= work().finally(() => {
      current = undefined;
    });
    return current;
  };
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), 1000);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
