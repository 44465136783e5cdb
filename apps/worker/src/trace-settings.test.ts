import { describe, expect, it } from 'vitest';
import { parseConfig, printConfig } from './config.ts';
import { areTracesOn } from './trace-settings.ts';

const on = { OTEL_TRACES_EXPORTER: 'otlp' };

describe('the settings of traces', () => {
  it('are off by default, and off with OTEL_SDK_DISABLED', () => {
    expect(areTracesOn(parseConfig({}))).toBe(false);
    expect(areTracesOn(parseConfig(on))).toBe(true);
    expect(areTracesOn(parseConfig({ ...on, OTEL_SDK_DISABLED: 'TRUE' }))).toBe(false);
  });

  it.each([
    ['OTEL_TRACES_EXPORTER', 'zipkin', 'expected one of none, otlp, console but received "zipkin"'],
    ['OTEL_SDK_DISABLED', 'yes', 'expected one of true, false'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', 'like http://collector:4318'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'grpc://collector:4317', 'like http://collector:4318'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://collector:4318/v1/traces/', 'expected it without /v1/traces'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'expected one of http/protobuf, http/json'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 's3cret', 'expected name=value pairs like api-key=secret'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=1,b', 'expected name=value pairs'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=100%', '% of a value as %2C and %25'],
    ['OTEL_TRACES_SAMPLER', 'jaeger_remote', 'expected one of parentbased_always_on'],
    ['OTEL_TRACES_SAMPLER_ARG', '25', 'expected a number in 0..1'],
  ])('refuse %s=%s in one sentence', (name, value, sentence) => {
    const parse = (): unknown => parseConfig({ ...on, [name]: value });
    expect(parse).toThrow(sentence);
    expect(parse).not.toThrow('s3cret');
  });

  it('that are not read while traces are off stop no worker', () => {
    const foreign = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_TRACES_SAMPLER: 'jaeger_remote' };
    expect(parseConfig(foreign).OTEL_EXPORTER_OTLP_PROTOCOL).toBe('http/protobuf');
    expect(printConfig(foreign)).toContain('OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf');
    expect(areTracesOn(parseConfig({ ...on, ...foreign, OTEL_SDK_DISABLED: 'true' }))).toBe(false);
    expect(() => parseConfig({ ...on, ...foreign })).toThrow(/PROTOCOL.*\n.*SAMPLER/);
  });

  it('do not let spans come between the events of standard output', () => {
    const console = { OTEL_TRACES_EXPORTER: 'console' };
    expect(() => parseConfig({ ...console, SINK: 'stdout' })).toThrow(
      /expected otlp or none beside SINK=stdout/,
    );
    expect(areTracesOn(parseConfig(console))).toBe(true);
  });

  it('take attributes and headers as OpenTelemetry writes them', () => {
    const text = ' service.namespace = shop%2012 ,empty=,b==';
    expect(parseConfig({ ...on, OTEL_RESOURCE_ATTRIBUTES: text }).OTEL_RESOURCE_ATTRIBUTES).toEqual({
      'service.namespace': 'shop 12',
      empty: '',
      b: '=',
    });
  });

  it('are printed without their secrets', () => {
    const text = printConfig({
      ...on,
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=s3cret',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://user:s3cret@collector:4318',
    });
    expect(text).not.toContain('s3cret');
    expect(text).toContain('OTEL_EXPORTER_OTLP_ENDPOINT=https://user:***@collector:4318');
    expect(text).toContain('OTEL_EXPORTER_OTLP_HEADERS=***');
  });
});
