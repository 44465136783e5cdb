import { listAt, readYaml } from './files.ts';
import { namesOf } from './promql.ts';

/** What is scraped: a worker, or what stands for another part of the system. */
export interface Target {
  readonly instance: string;
  readonly job: string;
  /** Gives the text of its metrics. A rejection is a scrape that failed. */
  readonly metrics: () => Promise<string>;
}

/** What all targets told at one moment. */
export interface Scrape {
  /** Monotonic clock, ms. */
  readonly atMs: number;
  readonly samples: ReadonlyMap<string, Sample>;
}

interface Sample {
  readonly value: number;
  /** Whether it only rises, but for a restart. */
  readonly isCounter: boolean;
}

/** A series as `promtool test rules` takes it. */
export interface InputSeries {
  readonly series: string;
  readonly values: string;
}

/** Time between two samples of a recording, seconds. */
export const stepSeconds = 15;

/** Metrics that some alert asks for; others are not recorded. */
const asked: ReadonlySet<string> = new Set(
  listAt(readYaml('deploy/prometheus/alerts.yml'), 'groups')
    .flatMap((group) => listAt(group, 'rules'))
    .flatMap((rule) => [...namesOf(String((rule as { expr: unknown }).expr)).metrics.keys()]),
);

/** Asks every target once. As in Prometheus, `up` says whether it answered. */
export async function scrape(targets: readonly Target[]): Promise<Scrape> {
  const samples = new Map<string, Sample>();
  await Promise.all(
    targets.map(async ({ instance, job, metrics }) => {
      const added = `instance="${instance}",job="${job}"`;
      const text = await metrics().catch(() => undefined);
      samples.set(`up{${added}}`, { value: text === undefined ? 0 : 1, isCounter: false });
      for (const [series, sample] of readSamples(text ?? '', added)) samples.set(series, sample);
    }),
  );
  return { atMs: performance.now(), samples };
}

function* readSamples(text: string, added: string): Generator<[string, Sample]> {
  const kinds = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => [name, kind]));
  for (const [, name = '', labels = '', value] of text.matchAll(/^([a-z_]+)(?:\{(.*)\})? (\S+)$/gm)) {
    if (!asked.has(name)) continue;
    const isCounter = (kinds.get(name) ?? 'histogram') !== 'gauge';
    yield [`${name}{${labels === '' ? '' : `${labels},`}${added}}`, { value: Number(value), isCounter }];
  }
}

/** A series so far: its samples, and by how much a counter is ahead of what was scraped last. */
interface Track {
  readonly values: string[];
  real: number;
  ahead: number;
}

/**
 * Makes the input of `promtool test rules` of scrapes of real workers, on a clock of its own: rules look at 5 to 15 minutes, and a test
 * takes seconds. Values are as they were scraped, and counters rise as fast as they did; only how long it lasts is made up.
 */
export class Recording {
  readonly #tracks = new Map<string, Track>();
  #length = 0;

  /** One sample, as it was scraped: for what happens once. */
  add(scraped: Scrape): this {
    for (const [series, { value, isCounter }] of scraped.samples) {
      const track = this.#track(series);
      if (!isCounter || value < track.real) track.ahead = 0;
      track.real = value;
      this.#put(track, value + track.ahead);
    }
    return this.#step();
  }

  /**
   * Goes on for some minutes as these scrapes show: counters rise at the rate between the first and the last of them, gauges repeat the
   * values of all of them.
   *
   * @throws if there are not two scrapes, or a counter fell between them.
   */
  goOn(scrapes: readonly Scrape[], minutes: number): this {
    const [first, last] = [scrapes[0], scrapes.at(-1)];
    if (first === undefined || last === undefined || last.atMs <= first.atMs)
      throw new RangeError(`Expected two scrapes or more but received ${scrapes.length}`);
    const seconds = (last.atMs - first.atMs) / 1000;
    this.add(first);
    const steps = Math.round((minutes * 60) / stepSeconds);
    for (let step = 1; step <= steps; step += 1) {
      const now = scrapes[step % scrapes.length] ?? last;
      for (const [series, { value, isCounter }] of last.samples) {
        const track = this.#track(series);
        if (!isCounter) {
          const gauge = now.samples.get(series);
          if (gauge !== undefined) this.#put(track, gauge.value);
          continue;
        }
        const rose = value - (first.samples.get(series)?.value ?? value);
        if (rose < 0) throw new RangeError(`Expected a counter that rises but ${series} fell by ${-rose}`);
        this.#put(track, value - rose + track.ahead + (rose / seconds) * step * stepSeconds);
        if (step < steps) continue;
        track.ahead += (rose / seconds) * steps * stepSeconds - rose;
        track.real = value;
      }
      this.#step();
    }
    return this;
  }

  /** Minutes from the first sample to the last. */
  get minutes(): number {
    return (Math.max(0, this.#length - 1) * stepSeconds) / 60;
  }

  inputSeries(): InputSeries[] {
    return [...this.#tracks].map(([series, { values }]) => ({ series, values: values.join(' ') }));
  }

  #track(series: string): Track {
    const known = this.#tracks.get(series);
    if (known !== undefined) return known;
    const track = { values: Array.from({ length: this.#length }, () => '_'), real: 0, ahead: 0 };
    this.#tracks.set(series, track);
    return track;
  }

  #put({ values }: Track, value: number): void {
    values[this.#length] = String(value);
  }

  /** Series that gave no sample have ended: Prometheus marks them as stale at once. */
  #step(): this {
    for (const { values } of this.#tracks.values()) values[this.#length] ??= 'stale';
    this.#length += 1;
    return this;
  }
}
