import type { DiagLogger } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { Logger } from '@trinetra/contracts';

const ignore = (): void => undefined;

/** Tells once that the receiver of the spans is away, and once that it is back with what was lost meanwhile. */
export class ExportLog {
  readonly #logger: Logger;
  /** Spans that could not be sent since the receiver went away; 0: it is there. */
  #lost = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  sent(): void {
    if (this.#lost > 0) this.#logger.info({ lost: this.#lost }, 'traces are sent again');
    this.#lost = 0;
  }

  failed(spans: number, error: Error | undefined): void {
    if (this.#lost === 0) {
      this.#logger.warn(
        { error: error?.message || error?.name || 'no answer' },
        'traces cannot be sent and are lost until OTEL_EXPORTER_OTLP_ENDPOINT takes them; frames go on as before',
      );
    }
    this.#lost += spans;
  }

  /** The process ends before the last spans are sent. */
  unsent(): void {
    if (this.#lost === 0) this.#logger.warn({}, 'the last traces were not sent in time and are lost');
  }

  /** For what the SDK has to say, such as spans dropped since too many wait. While the receiver is away that is no news. */
  get diagnostics(): DiagLogger {
    const warn = (detail: string): void => {
      if (this.#lost === 0) this.#logger.warn({ detail }, 'OpenTelemetry warns');
    };
    return { error: ignore, warn, info: ignore, debug: ignore, verbose: ignore };
  }
}

/** The same exporter, with what becomes of its spans told to `log`. */
export function loggedExporter(exporter: SpanExporter, log: ExportLog): SpanExporter {
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        if (result.code === ExportResultCode.SUCCESS) log.sent();
        else log.failed(spans.length, result.error);
        done(result);
      });
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}
