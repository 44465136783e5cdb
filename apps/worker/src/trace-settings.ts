import {
  type Environment,
  httpUrl,
  oneOf,
  optional,
  optionalSetting,
  pairs,
  readWhile,
  real,
  type SettingsOf,
  setting,
} from '@trinetra/env-settings';

/** While traces are off: other programs on the machine may read the same variables, and no value for them is to stop the worker. */
function isTracing(env: Environment): boolean {
  const exporter = env['OTEL_TRACES_EXPORTER']?.toLowerCase() || 'none';
  return exporter !== 'none' && env['OTEL_SDK_DISABLED']?.toLowerCase() !== 'true';
}

/** Names and values as OpenTelemetry defines them; see docs/TRACING.md. */
export const traceSettings = {
  OTEL_TRACES_EXPORTER: setting(
    oneOf('none', 'otlp', 'console'),
    'a trace of each frame, see docs/TRACING.md: none, otlp or console',
    'none',
    {
      rule: ({ OTEL_TRACES_EXPORTER: exporter, SINK: sink }) =>
        exporter === 'console' && (sink as { kind?: string } | undefined)?.kind === 'stdout'
          ? 'expected otlp or none beside SINK=stdout, where console writes, too'
          : null,
    },
  ),
  ...readWhile(isTracing, {
    OTEL_EXPORTER_OTLP_ENDPOINT: setting(
      httpUrl('the address of an OTLP/HTTP receiver like http://collector:4318'),
      'OTLP/HTTP receiver of the traces; /v1/traces is added',
      'http://localhost:4318',
      {
        rule: ({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }) =>
          /\/v1\/traces\/*$/.test(String(endpoint)) ? 'expected it without /v1/traces, which is added' : null,
      },
    ),
    OTEL_EXPORTER_OTLP_PROTOCOL: setting(
      oneOf('http/protobuf', 'http/json'),
      'http/protobuf or http/json',
      'http/protobuf',
    ),
    OTEL_EXPORTER_OTLP_HEADERS: setting(
      optional(pairs('api-key=secret')),
      'headers for that receiver: name=value,name=value',
      undefined,
      { secret: true },
    ),
    OTEL_SERVICE_NAME: optionalSetting('name of this service in traces; default: trinetra-worker'),
    OTEL_RESOURCE_ATTRIBUTES: setting(
      optional(pairs('deployment.environment=shop-12')),
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
      'always_on, always_off or traceidratio; with parentbased_ only where the entry does not say',
      'parentbased_always_on',
    ),
    OTEL_TRACES_SAMPLER_ARG: setting(real(0, 1), 'share of the frames for traceidratio, 0..1', '1'),
  }),
  OTEL_SDK_DISABLED: setting(oneOf('true', 'false'), 'true: no traces, whatever else is set', 'false'),
};

/** Whether frames are traced. */
export const areTracesOn = (
  config: Pick<SettingsOf<typeof traceSettings>, 'OTEL_TRACES_EXPORTER' | 'OTEL_SDK_DISABLED'>,
): boolean => config.OTEL_TRACES_EXPORTER !== 'none' && config.OTEL_SDK_DISABLED !== 'true';
