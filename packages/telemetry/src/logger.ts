import { defined, type Logger, parseOptions, requireOptions } from '@trinetra/contracts';
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import { z } from 'zod';
import { createLogStream } from './log-stream.ts';
import { maskCredentials } from './mask-credentials.ts';
import { refusing } from './options.ts';
import { sanitiseFields } from './sanitise.ts';

/** From the most to the least severe; `silent` writes nothing. */
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

type LogLevel = (typeof logLevels)[number];

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  /** Default `info`. */
  readonly level?: LogLevel | undefined;
  /** Of the application, in every line. Default `trinetra-worker`. */
  readonly name?: string | undefined;
  /** In every line, where given. */
  readonly workerId?: string | undefined;
  /** Default: standard error, so that standard output stays free for events; see `createLogStream`. */
  readonly destination?: DestinationStream | undefined;
}

/** A `Logger` that can have children. */
export interface StructuredLogger extends Logger {
  readonly level: LogLevel;
  /** A logger that adds these fields to each of its lines. */
  child(fields: Readonly<Record<string, unknown>>): StructuredLogger;
}

const schema = z.strictObject({
  level: z.enum(logLevels).default('info'),
  name: z.string().min(1).default('trinetra-worker'),
  workerId: z.string().min(1).optional(),
});

/**
 * Creates a logger that writes JSON lines (pino) and never writes a password, the credentials of a URL,
 * a frame or an embedding; see `sanitiseFields`.
 *
 * @throws {TelemetryError} `invalid_options`.
 * @example
 * const logger = createLogger({ level: 'info', name: 'trinetra-worker', workerId: 'worker-1' });
 * logger.info({ url: 'redis://:secret@cache' }, 'connected'); // url: redis://:***@cache
 */
export function createLogger(options: LoggerOptions = {}): StructuredLogger {
  const how = refusing('logger');
  const { destination, ...plain } = requireOptions(options, how);
  const values = parseOptions(schema, plain, how);
  const root = pino(
    {
      level: values.level,
      base: defined({ name: values.name, worker_id: values.workerId }),
      timestamp: pino.stdTimeFunctions.isoTime,
      // Fields are copied by sanitiseFields, errors included: nothing is left for pino's own serialisers.
      serializers: { err: (value: unknown) => value },
      formatters: { level: (label) => ({ level: label }), log: (fields) => sanitiseFields(fields) },
    },
    destination ?? createLogStream(),
  );
  return wrap(root, values.level);
}

function wrap(logger: PinoLogger, level: LogLevel): StructuredLogger {
  return {
    level,
    debug: (fields, message) => logger.debug(fields, maskCredentials(message)),
    info: (fields, message) => logger.info(fields, maskCredentials(message)),
    warn: (fields, message) => logger.warn(fields, maskCredentials(message)),
    error: (fields, message) => logger.error(fields, maskCredentials(message)),
    child: (fields) => wrap(logger.child(sanitiseFields(fields)), level),
  };
}
