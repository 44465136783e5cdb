/** Percentiles of what a histogram saw in the window, seconds; null where it saw nothing. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** Whether one thing that the worker needs is there. */
export interface Part {
  readonly name: string;
  readonly ok: boolean;
  /** One sentence for people. */
  readonly note?: string | undefined;
}

/** How the worker is, as `/ready` tells it. */
export interface WorkerState {
  readonly ready: boolean;
  readonly parts: readonly Part[];
}

/** Counts are since the start of the worker; rates are frames a second over the window, null before there is one. */
export interface CameraFigures {
  readonly id: string;
  readonly fps: number | null;
  readonly processed: number;
  readonly persons: number;
  readonly dropped: number;
  readonly inFlight: number;
  readonly unread: number;
  /** 0 where there is none, null where nothing tells its age. */
  readonly oldestUnreadAgeSeconds: number | null;
}

/** What runs, as read from the live session. */
export interface EngineFigures {
  readonly model: string;
  readonly provider: string;
  readonly precision: string;
  readonly sha256: string;
  /** Items that a run may have; null where it is not told. */
  readonly runSize: number | null;
}

/** Everything that the page shows but pictures; sent to every viewer once an interval. */
export interface StatusSnapshot {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** Time that the rates and percentiles are over, seconds. */
  readonly windowSeconds: number;
  readonly worker: { readonly id: string; readonly version: string; readonly uptimeSeconds: number };
  readonly state: WorkerState;
  readonly totals: {
    readonly fps: number | null;
    readonly processed: number;
    readonly persons: number;
    readonly delivered: number;
    readonly inFlight: number;
    readonly dropped: number;
    readonly droppedPerSecond: number | null;
    readonly unread: number;
    readonly oldestUnreadAgeSeconds: number;
    readonly eventsWaiting: number;
    readonly publishErrors: number;
  };
  readonly endToEnd: Percentiles;
  readonly stages: readonly (Percentiles & { readonly stage: string })[];
  /** Mean share of the batch size in the window, 0..1, null without a batch; and the batches in it. */
  readonly batchFill: { readonly mean: number | null; readonly batches: number };
  readonly engines: readonly EngineFigures[];
  /** Models that run as something else than was asked for; without those whose only fault is a machine without a GPU. */
  readonly fallbacks: readonly { readonly model: string; readonly to: string; readonly reason: string }[];
  readonly drops: readonly { readonly reason: string; readonly count: number }[];
  readonly gpus: readonly {
    readonly gpu: string;
    readonly utilizationPct: number | null;
    readonly vramMb: number | null;
  }[];
  readonly cameras: readonly CameraFigures[];
  /** Whether there are pictures to ask for, and whether faces are blurred in them. */
  readonly pictures: 'none' | 'blurred' | 'clear';
}
