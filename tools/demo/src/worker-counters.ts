/** The worker's counters of each camera, from one scrape of its /metrics. */
export interface WorkerCounters {
  /** camera -> reason -> frames given up. */
  readonly dropped: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** camera -> frames that Redis delivered. */
  readonly delivered: ReadonlyMap<string, number>;
  /** camera -> frames waiting in the stream. */
  readonly unread: ReadonlyMap<string, number>;
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const escapes: Readonly<Record<string, string>> = { '\\n': '\n', '\\"': '"', '\\\\': '\\' };

/** @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
function parseSamples(text: string): Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    const [, name, body = '', value] = match ?? [];
    if (name === undefined || value === undefined) continue;
    const labels: Record<string, string> = {};
    for (const [, key, raw] of body.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      if (key !== undefined && raw !== undefined) {
        labels[key] = raw.replace(/\\[n"\\]/g, (sequence) => escapes[sequence] ?? sequence);
      }
    }
    samples.push({ name, labels, value: Number(value) });
  }
  return samples;
}

/** Outcomes that only the source's ledger counts: these frames never reached the pipeline. */
const outcomesWithoutReason = ['trimmed', 'dead_lettered'];

/** Reads the counters that the demo needs out of a Prometheus text. */
export function parseWorkerCounters(text: string): WorkerCounters {
  const dropped = new Map<string, Map<string, number>>();
  const delivered = new Map<string, number>();
  const unread = new Map<string, number>();
  const samples = parseSamples(text);
  const drop = (camera: string, reason: string, count: number): void => {
    const own = dropped.get(camera) ?? new Map<string, number>();
    if (count > 0 && !own.has(reason)) dropped.set(camera, own.set(reason, count));
  };
  for (const { name, labels, value } of samples) {
    const camera = labels['camera_id'] ?? '';
    if (name === 'trinetra_worker_frames_dropped_total') drop(camera, labels['reason'] ?? '', value);
    if (name === 'trinetra_worker_frames_delivered_total') delivered.set(camera, value);
    if (name === 'trinetra_worker_frames_unread') unread.set(camera, value);
  }
  for (const { name, labels, value } of samples) {
    const outcome = labels['outcome'] ?? '';
    if (name === 'trinetra_worker_frames_total' && outcomesWithoutReason.includes(outcome)) {
      drop(labels['camera_id'] ?? '', outcome, value);
    }
  }
  return { dropped, delivered, unread };
}
