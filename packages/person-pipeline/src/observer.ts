import { type Logger, silentLogger } from '@trinetra/contracts';

/** Is told how the models do, for metrics; what is left out is not told. */
export interface EngineObserver {
  /** A model is loaded; `model` is `detector`, `face` or `embedder`. */
  setModelInfo?(info: { model: string; provider: string; precision: string; sha256: string }): void;
  /** A step of loading a model failed, and the next was tried. */
  fallback?(model: string, from: string, to: string, reason: string): void;
  /** An inference thread ended, and another is started. */
  engineRestarted?(reason: string): void;
  /** Whether a model gave what it should, and how close it came (a cosine). */
  engineProven?(model: string, proven: boolean, agreement: number): void;
  /** A run failed, whether or not its items run again. */
  inferenceFailed?(model: string, reason: string): void;
  /** Items that a run may have: less than asked for where memory ran out. */
  effectiveBatchSize?(model: string, size: number): void;
}

type Write = (key: string, fields: Readonly<Record<string, unknown>>, message: string) => void;

/** Takes lines that a broken engine would write for every frame; those of one key are about the same thing. */
export interface LimitedLog {
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

/** Writes every line. */
export function unlimited(logger: Logger = silentLogger): LimitedLog {
  return {
    info: (_, fields, message) => logger.info(fields, message),
    warn: (_, fields, message) => logger.warn(fields, message),
    error: (_, fields, message) => logger.error(fields, message),
  };
}

/** Says nothing any more once the signal is aborted: what fails then fails of that. */
export function untilAborted(logger: Logger, signal: AbortSignal | undefined): Logger {
  const unlessAborted =
    (log: Logger['warn']): Logger['warn'] =>
    (...args) => {
      if (signal?.aborted !== true) log(...args);
    };
  return { ...logger, warn: unlessAborted(logger.warn), error: unlessAborted(logger.error) };
}
