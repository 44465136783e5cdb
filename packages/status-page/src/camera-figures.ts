import { type CameraCounts, type CountName, increase } from './camera-counts.ts';
import { judgeCamera, type Surroundings } from './camera-state.ts';
import type { LastArrivals } from './last-arrivals.ts';
import type { CameraFigures } from './snapshot.ts';
import type { Sample } from './window.ts';

/** Facts about cameras beyond the counts of two scrapes. */
export interface CameraMemory {
  readonly arrivals: LastArrivals;
  /** From ingest to published event, of cameras with events. */
  readonly p95Seconds: ReadonlyMap<string, number>;
}

type Counts = Readonly<CameraCounts>;

/**
 * Frames that Redis got between two scrapes: those delivered to this worker, plus the growth of unread and
 * trimmed ones.
 */
function arrived(now: Counts, before: Counts | undefined): number {
  const delivered = increase(now.delivered, before?.delivered ?? 0);
  // Frames that waited when the camera was found came earlier.
  if (before?.unread === undefined) return delivered;
  return Math.max(0, delivered + (now.unread ?? 0) - before.unread + increase(now.evicted, before.evicted));
}

/** Inferred frames whose events were neither published nor given up. */
function eventsWaitingOf({ inferred, published, publishDropped }: Counts): number {
  return Math.max(0, inferred - published - publishDropped);
}

/**
 * The figures of every existing camera, by name.
 *
 * @param before An earlier sample, for rates; undefined before there is one.
 */
export function figuresOfCameras(
  now: Sample,
  before: Sample | undefined,
  memory: CameraMemory,
  surroundings: Surroundings,
): CameraFigures[] {
  const seconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1000;
  const rate = (frames: number): number | null => (seconds > 0 ? frames / seconds : null);
  // A camera has a count of unread frames as long as it has a stream; without a source nothing tells of streams.
  const hasSource = [...now.cameras.values()].some(
    ({ delivered, unread }) => delivered > 0 || unread !== undefined,
  );

  const figuresOf = (id: string, counts: Counts): CameraFigures | undefined => {
    const then = before?.cameras.get(id);
    const grown = (name: CountName): number =>
      before === undefined ? 0 : increase(counts[name], then?.[name] ?? 0);
    if (hasSource && counts.unread === undefined && counts.inFlight === 0 && grown('published') === 0)
      return undefined;
    const unread = counts.unread ?? 0;
    const oldest = counts.oldestUnreadAgeSeconds ?? (unread > 0 ? null : 0);
    const facts = {
      eventsWaiting: eventsWaitingOf(counts),
      published: grown('published'),
      ended: grown('ended'),
      corrupt: grown('corrupt'),
      stale: grown('stale'),
      hasDelivered: counts.delivered > 0 || !hasSource,
      quietSeconds: memory.arrivals.quietSeconds(id, now.atMs),
      usualGapSeconds: memory.arrivals.usualGapSeconds(id),
      unread,
      oldestUnreadAgeSeconds: oldest,
      p95Seconds: memory.p95Seconds.get(id) ?? null,
    };
    const known = surroundings.redisOk;
    return {
      id,
      ...judgeCamera(facts, surroundings),
      arrivingFps: known && hasSource ? rate(before === undefined ? 0 : arrived(counts, then)) : null,
      inferredFps: rate(grown('inferred')),
      fps: rate(facts.published),
      processed: counts.published,
      persons: counts.persons,
      dropped: counts.dropped,
      evicted: counts.evicted,
      inFlight: counts.inFlight,
      eventsWaiting: facts.eventsWaiting,
      unread: known ? unread : null,
      oldestUnreadAgeSeconds: known ? oldest : null,
      p95Seconds: facts.p95Seconds,
      quietSeconds: facts.quietSeconds,
      corrupt: facts.corrupt,
      stale: facts.stale,
    };
  };
  return [...now.cameras]
    .flatMap(([id, counts]) => figuresOf(id, counts) ?? [])
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}
