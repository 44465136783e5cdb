import type { Judgement } from './camera-state.ts';
import type { Help, ProblemId } from './troubleshooting.ts';

/** Percentiles of what a histogram saw in the window, seconds; null if it saw nothing. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** State of one dependency of the worker. */
export interface Part {
  /** Its kind, by which problems are found. */
  readonly kind: 'models' | 'engine' | 'inference' | 'redis' | 'sink' | 'worker' | 'other';
  readonly name: string;
  readonly ok: boolean;
  /** One sentence for people. */
  readonly note?: string | undefined;
  /** Of a failing sink: the parts that take nothing while the rest does. */
  readonly partitions?: readonly number[] | undefined;
}

/** State of the worker, as in `/ready`. */
export interface WorkerState {
  readonly ready: boolean;
  readonly parts: readonly Part[];
}

/**
 * Counts are since the start of the worker but where it says so; rates are frames a second over the window,
 * null before there
 * is one, and where Redis does not tell.
 */
export interface CameraFigures extends Judgement {
  readonly id: string;
  /** Frames that Redis got. */
  readonly arrivingFps: number | null;
  /** Frames that went through the models. */
  readonly inferredFps: number | null;
  /** Frames whose events were published. */
  readonly fps: number | null;
  readonly processed: number;
  readonly persons: number;
  readonly dropped: number;
  readonly evicted: number;
  readonly inFlight: number;
  /** Inferred frames whose events the sink has not taken yet. */
  readonly eventsWaiting: number;
  /** Null where Redis does not answer. */
  readonly unread: number | null;
  /** 0 if there is none, null if nothing tells its age. */
  readonly oldestUnreadAgeSeconds: number | null;
  /** From ingest to published event, of the last ten seconds with events; null without. */
  readonly p95Seconds: number | null;
  /** Since the last frame arrived. */
  readonly quietSeconds: number;
  /** In the window: frames that could not be read, and that were too old. */
  readonly corrupt: number;
  readonly stale: number;
}

/** What runs, as read from the live session. */
export interface EngineFigures {
  readonly model: string;
  readonly provider: string;
  readonly precision: string;
  readonly sha256: string;
  /** Items that a run may have; null if it is not told. */
  readonly runSize: number | null;
}

/** Something that somebody should do something about. */
export interface Problem {
  /** What kind of problem it is: there is one of each at most. */
  readonly id: ProblemId;
  /** `bad`: events are missing, late or wrong. `warning`: they may soon be, or it costs more than it should. */
  readonly severity: 'bad' | 'warning';
  /** A few words, for the title of the window. */
  readonly title: string;
  /** One sentence. */
  readonly text: string;
  /** What to do, one sentence. */
  readonly action: string;
  /** What whatever fails says itself. */
  readonly detail?: string | undefined;
  /** The symptom in docs/TROUBLESHOOTING.md. */
  readonly help: Help;
}

/** Everything that the page shows but pictures; sent to every viewer once an interval. */
export interface StatusSnapshot {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** Time that the rates and percentiles are over, seconds. */
  readonly windowSeconds: number;
  readonly worker: { readonly id: string; readonly version: string; readonly uptimeSeconds: number };
  readonly state: WorkerState;
  /** Problems, worst first. */
  readonly problems: readonly Problem[];
  /** What to read where the worker is gone. */
  readonly lostHelp: Help;
  /** Name of the sink. */
  readonly sinkName: string;
  readonly totals: {
    readonly arrivingFps: number | null;
    readonly inferredFps: number | null;
    readonly fps: number | null;
    readonly processed: number;
    readonly persons: number;
    readonly delivered: number;
    readonly inFlight: number;
    readonly dropped: number;
    /** Frames that Redis trimmed before any worker read them. */
    readonly evicted: number;
    readonly droppedPerSecond: number | null;
    /** Null where Redis does not answer. */
    readonly unread: number | null;
    /** Null if nothing tells it. */
    readonly oldestUnreadAgeSeconds: number | null;
    readonly eventsWaiting: number;
    readonly publishErrors: number;
  };
  readonly endToEnd: Percentiles;
  readonly stages: readonly (Percentiles & { readonly stage: string })[];
  /** Mean share of the batch size in the window, 0..1, null without a batch; and the batches in it. */
  readonly batchFill: { readonly mean: number | null; readonly batches: number };
  readonly engines: readonly EngineFigures[];
  /** Models that run as something else than requested, without those that only lack a GPU. */
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
