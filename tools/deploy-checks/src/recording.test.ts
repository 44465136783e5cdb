import { describe, expect, it } from 'vitest';
import { Recording, type Scrape, scrape } from './recording.ts';

const text = (unread: number, evicted: number): string => `# TYPE trinetra_worker_frames_unread gauge
trinetra_worker_frames_unread{camera_id="a b"} ${unread}
# TYPE trinetra_worker_frames_evicted_total counter
trinetra_worker_frames_evicted_total{camera_id="a b"} ${evicted}
# TYPE no_rule_asks_for_this counter
no_rule_asks_for_this 1
`;

/** At a moment of our own, so that rates are known. */
async function at(seconds: number, answer: string | undefined): Promise<Scrape> {
  const metrics = (): Promise<string> =>
    answer === undefined ? Promise.reject(new Error('gone')) : Promise.resolve(answer);
  const scraped = await scrape([{ instance: 'w', job: 'j', metrics }]);
  return { ...scraped, atMs: seconds * 1000 };
}

const valuesOf = (recording: Recording): Record<string, string> =>
  Object.fromEntries(recording.inputSeries().map(({ series, values }) => [series, values]));

const up = 'up{instance="w",job="j"}';
const unread = 'trinetra_worker_frames_unread{camera_id="a b",instance="w",job="j"}';
const evicted = 'trinetra_worker_frames_evicted_total{camera_id="a b",instance="w",job="j"}';

describe('a recording', () => {
  it('holds samples as they were scraped, of metrics that alerts ask for, and ends series that are gone', async () => {
    const recording = new Recording();
    recording
      .add(await at(0, ''))
      .add(await at(1, text(5, 10)))
      .add(await at(2, undefined));
    expect(valuesOf(recording)).toEqual({ [up]: '1 1 0', [unread]: '_ 5 stale', [evicted]: '_ 10 stale' });
    expect(recording.minutes).toBe(0.5);
  });

  it('goes on at the rate that was scraped, and then from where it came to', async () => {
    const recording = new Recording();
    recording.goOn([await at(0, text(1, 10)), await at(1, text(2, 11)), await at(2, text(3, 14))], 0.5);
    expect(valuesOf(recording)).toMatchObject({ [unread]: '1 2 3', [evicted]: '10 40 70' });
    recording.add(await at(3, text(4, 16))).add(await at(4, text(4, 1)));
    expect(valuesOf(recording)).toMatchObject({ [evicted]: '10 40 70 72 1' });
  });

  it('does not go on from one scrape, nor with a counter that fell', async () => {
    const recording = new Recording();
    expect(() => recording.goOn([], 1)).toThrow('Expected two scrapes or more but received 0');
    const scrapes = [await at(0, text(1, 10)), await at(1, text(2, 1))];
    expect(() => recording.goOn(scrapes, 1)).toThrow('fell by 9');
  });
});
