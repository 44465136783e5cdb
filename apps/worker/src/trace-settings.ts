import { z } from 'zod';
import { oneOf, optionalText, real, type Setting, setting } from './setting-parsers.ts';

/** Names and values as OpenTelemetry defines them; see docs/TRACING.md. */
export interface TraceSettings {
  readonly OTEL_TRACES_EXPORTER: 'none' | 'otlp' | 'console';
  readonly OTEL_EXPORTER_OTLP_ENDPOINT: string;
  readonly OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' | 'http/json';
  readonly OTEL_EXPORTER_OTLP_HEADERS: Readonly<Record<string, string>> | undefined;
  readonly OTEL_SERVICE_NAME: string | undefined;
  readonly OTEL_RESOURCE_ATTRIBUTES: Readonly<Record<string, string>> | undefined;
  readonly OTEL_TRACES_SAMPLER:
    | 'parentbased_always_on'
    | 'parentbased_always_off'
    | 'parentbased_traceidratio'
    | 'always_on'
    | 'always_off'
    | 'traceidratio';
  readonly OTEL_TRACES_SAMPLER_ARG: number;
  readonly OTEL_SDK_DISABLED: 'true' | 'false';
}

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol);
}

/** Repeats nothing of the value, which may hold a password. */
const httpUrl: z.ZodType<string, string | undefined> = z
  .string()
  .refine(isHttpUrl, 'expected the address of an OTLP/HTTP receiver like http://collector:4318');

/** `name=value,name=value` with values percent-encoded, as in the header `baggage`. Undefined where the text has another form. */
function parsePairs(text: string): Record<string, string> | undefined {
  const parsed: Record<string, string> = {};
  for (const pair of text.split(',')) {
    const [, name, value = ''] = /^\s*([^\s=,]+)\s*=(.*)$/.exec(pair) ?? [];
    if (name === undefined) return undefined;
    try {
      parsed[name] = decodeURIComponent(value.trim());
    } catch {
      return undefined; // a % that is none
    }
  }
  return parsed;
}

const pairs = (example: string): z.ZodType<Record<string, string> | undefined, string | undefined> =>
  z.union([z.undefined(), z.string()]).transform((value, context) => {
    if (value === undefined) return undefined;
    const parsed = parsePairs(value);
    if (parsed !== undefined) return parsed;
    context.addIssue(`expected name=value pairs like ${example}, with , and % of a value as %2C and %25`);
    return z.NEVER;
  });

export const traceSettings: { readonly [K in keyof TraceSettings]: Setting<TraceSettings[K]> } = {
  OTEL_TRACES_EXPORTER: setting(
    oneOf('none', 'otlp', 'console'),
    'none',
    'a trace of each frame, see docs/TRACING.md: none, otlp or console',
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting(
    httpUrl,
    'http://localhost:4318',
    'OTLP/HTTP receiver of the traces; /v1/traces is added',
  ),
  OTEL_EXPORTER_OTLP_PROTOCOL: setting(
    oneOf('http/protobuf', 'http/json'),
    'http/protobuf',
    'http/protobuf or http/json',
  ),
  OTEL_EXPORTER_OTLP_HEADERS: {
    ...setting(pairs('api-key=secret'), undefined, 'headers for that receiver: name=value,name=value'),
    secret: true,
  },
  OTEL_SERVICE_NAME: setting(
    optionalText,
    undefined,
    'name of this service in traces; default: trinetra-worker',
  ),
  OTEL_RESOURCE_ATTRIBUTES: setting(
    pairs('deployment.environment=shop-12'),
    undefined,
    'attributes of this service in traces: name=value,name=value',
  ),
  OTEL_TRACES_SAMPLER: setting(
    oneOf(
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
      'always_on',
      'always_off',
      'traceidratio',
    ),
    'parentbased_always_on',
    'always_on, always_off or traceidratio; with parentbased_ only where the entry does not say',
  ),
  OTEL_TRACES_SAMPLER_ARG: setting(real(0, 1), '1', 'share of the frames for traceidratio, 0..1'),
  OTEL_SDK_DISABLED: setting(oneOf('true', 'false'), 'false', 'true: no traces, whatever else is set'),
};

/** Whether frames are traced. */
export const areTracesOn = (
  config: Pick<TraceSettings, 'OTEL_TRACES_EXPORTER' | 'OTEL_SDK_DISABLED'>,
): boolean => config.OTEL_TRACES_EXPORTER !== 'none' && config.OTEL_SDK_DISABLED !== 'true';

/** What the switches of the traces are for an environment. */
function isOff(env: Readonly<Record<string, string | undefined>>): boolean {
  const exporter = env['OTEL_TRACES_EXPORTER']?.toLowerCase() || 'none';
  return exporter === 'none' || env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true';
}

/**
 * Whether a variable counts as not set, since traces are off: other programs on the machine may be told by the same variables, and no
 * value that is for them is to stop the worker.
 */
export function isUnread(name: string, env: Readonly<Record<string, string | undefined>>): boolean {
  const isSwitch = name === 'OTEL_TRACES_EXPORTER' || name === 'OTEL_SDK_DISABLED';
  return Object.hasOwn(traceSettings, name) && !isSwitch && isOff(env);
}
