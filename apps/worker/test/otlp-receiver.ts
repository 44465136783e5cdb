import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';

/** `{ stringValue: 'x' }`, `{ intValue: 3 }` and the like. */
type AnyValue = Readonly<Record<string, unknown>>;

interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

/** A span in OTLP/JSON: ids are hex, times decimal nanoseconds since 1970. */
export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: { readonly code?: number; readonly message?: string };
}

interface ExportTraceServiceRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

export function plain(attributes: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

export interface OtlpReceiver extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly {
    readonly path: string | undefined;
    readonly headers: IncomingHttpHeaders;
    readonly text: string;
  }[];
  spans(): OtlpSpan[];
  resource(): Record<string, unknown>;
}

/**
 * A receiver of OTLP/HTTP in its JSON encoding.
 *
 * @param answers False: it takes connections and requests, and answers none.
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export async function startOtlpReceiver(answers = true): Promise<OtlpReceiver> {
  const requests: { path: string | undefined; headers: IncomingHttpHeaders; text: string }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push({
        path: request.url,
        headers: request.headers,
        text: Buffer.concat(chunks).toString(),
      });
      if (answers) response.setHeader('content-type', 'application/json').end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a port');
  const resources = (): ExportTraceServiceRequest['resourceSpans'] =>
    requests.flatMap(({ text }) => (JSON.parse(text) as ExportTraceServiceRequest).resourceSpans);
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    spans: () => resources().flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    resource: () => plain(resources()[0]?.resource.attributes ?? []),
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
