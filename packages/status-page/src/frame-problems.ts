import { cameraBounds } from './camera-state.ts';
import type { PartProblem } from './part-problems.ts';
import { type Finder, inState, named, type ProblemFacts } from './problem.ts';
import type { CameraFigures } from './snapshot.ts';
import type { ProblemId } from './troubleshooting.ts';
import { duration, listed, plural } from './words.ts';

/** Whether nothing can arrive, or arrivals are unknown. */
const isBlind = (facts: ProblemFacts): boolean =>
  !facts.state.parts.some(({ kind, ok }) => kind === 'redis' && ok);

/** Cameras that are behind only because their events come late: no frame of theirs waits for long. */
const justLate = (facts: ProblemFacts): CameraFigures[] =>
  inState(facts, 'behind').filter(
    ({ unread, oldestUnreadAgeSeconds }) =>
      (unread ?? 0) <= cameraBounds.behindFrames &&
      (oldestUnreadAgeSeconds ?? 0) <= cameraBounds.behindSeconds,
  );

/**
 * Most cameras are behind, and of most of those frames wait: after an outage of Kafka events are late, too, and
 * none waits.
 */
const isOverloaded = (facts: ProblemFacts): boolean => {
  const behind = inState(facts, 'behind').length;
  const served = inState(facts, 'behind', 'live', 'stale', 'corrupt').length;
  return behind > 0 && behind * 2 >= served && justLate(facts).length * 2 <= behind;
};

const nothingArrives = (facts: ProblemFacts): boolean =>
  !isBlind(facts) && inState(facts, 'silent', 'new').length === facts.cameras.length;

/** Drops that have a problem of their own, or that are as they should be: a picture with nothing to see. */
const toldElsewhere = /^(stale|trimmed|black|blown_out|flat|publish_.*)$/;

const publishDrops = ({ drops }: ProblemFacts) => drops.filter(({ reason }) => reason.startsWith('publish_'));

/** Problems of frames and events. */
export const frameProblems: Readonly<Record<Exclude<ProblemId, 'lost' | PartProblem>, Finder>> = {
  overload: (facts) => {
    if (!isOverloaded(facts)) return undefined;
    const behind = inState(facts, 'behind');
    const oldest = Math.max(
      ...behind.map((one) => Math.max(one.oldestUnreadAgeSeconds ?? 0, one.p95Seconds ?? 0)),
    );
    const { slowest } = facts;
    const where =
      slowest === undefined
        ? ''
        : ` (slowest stage: ${slowest.stage.replaceAll('_', ' ')}, ${duration(slowest.seconds)})`;
    const which = behind.length === 1 ? behind[0]?.id : `${behind.length} of ${facts.cameras.length} cameras`;
    return {
      severity: 'bad',
      title: 'Overloaded',
      text: `More frames come than the worker can take: ${which} ${behind.length === 1 ? 'is' : 'are'} behind, by up to ${duration(oldest)}.`,
      action: `Start more workers, or give this one more cores or a GPU${where}.`,
    };
  },
  nothing: (facts) => {
    if (!nothingArrives(facts)) return undefined;
    const silent = inState(facts, 'silent');
    const last = Math.min(...silent.map(({ quietSeconds }) => quietSeconds));
    return {
      severity: silent.length > 0 ? 'bad' : 'warning',
      title: 'No frames arrive',
      text:
        silent.length > 0
          ? `No frames arrive from any camera: the last came ${duration(last)} ago.`
          : 'No frames have arrived from any camera yet.',
      action:
        'See that the ingestor runs, and that it writes to this Redis and database under STREAM_PATTERN.',
    };
  },
  corrupt: (facts) => {
    const cameras = inState(facts, 'corrupt');
    return cameras.length === 0
      ? undefined
      : {
          severity: 'bad',
          title:
            cameras.length === 1 ? `${named(cameras)} is corrupt` : `${cameras.length} cameras are corrupt`,
          text: `Most of what arrives of ${named(cameras)} cannot be read.`,
          action:
            'Look at the ingestor, or at the camera; "Drops by reason" below says what is wrong with the frames.',
        };
  },
  silent: (facts) => {
    const cameras = inState(facts, 'silent').toSorted((a, b) => b.quietSeconds - a.quietSeconds);
    const longest = duration(cameras[0]?.quietSeconds ?? 0);
    return cameras.length === 0 || nothingArrives(facts)
      ? undefined
      : {
          severity: 'bad',
          title:
            cameras.length === 1 ? `${named(cameras)} is silent` : `${cameras.length} cameras are silent`,
          text: `No frame has come of ${named(cameras)} for ${cameras.length === 1 ? '' : 'up to '}${longest}.`,
          action: 'See that the camera has power and network, and that the ingestor still writes its stream.',
        };
  },
  lostEvents: (facts) => {
    const drops = publishDrops(facts);
    const count = drops.reduce((sum, drop) => sum + drop.count, 0);
    return count === 0
      ? undefined
      : {
          severity: 'bad',
          title: 'Events are lost',
          text: `${plural(count, 'event')} ${count === 1 ? 'was' : 'were'} given up in the last ${duration(facts.windowSeconds)}: ${listed(drops.map(({ reason }) => reason.replaceAll('_', ' ')))}.`,
          action: 'Mend what the reason names; with KAFKA_FAILURE_POLICY=drop an outage costs events.',
        };
  },
  evicted: ({ evicted, windowSeconds }) =>
    evicted === 0
      ? undefined
      : {
          severity: 'bad',
          title: 'Frames are evicted',
          text: `Redis trimmed ${plural(evicted, 'frame')} in the last ${duration(windowSeconds)} before any worker had read ${evicted === 1 ? 'it' : 'them'}.`,
          action: 'Start more workers, or have the ingestor send fewer frames.',
        },
  behind: (facts) => {
    const late = new Set(justLate(facts));
    const cameras = inState(facts, 'behind').filter((one) => !late.has(one));
    return cameras.length === 0 || isOverloaded(facts)
      ? undefined
      : {
          severity: 'warning',
          title:
            cameras.length === 1 ? `${named(cameras)} is behind` : `${cameras.length} cameras are behind`,
          text: `Frames of ${named(cameras)} wait for long before they are read.`,
          action: 'Start more workers, or have these cameras send fewer frames.',
        };
  },
  late: (facts) => {
    const cameras = justLate(facts);
    const longest = Math.max(...cameras.map(({ p95Seconds }) => p95Seconds ?? 0));
    return cameras.length === 0 || isOverloaded(facts)
      ? undefined
      : {
          severity: 'warning',
          title: 'Events come late',
          text: `Events of ${named(cameras)} come up to ${duration(longest)} after their frames, though no frame waits for long.`,
          action: 'After an outage this passes by itself; else set the clocks of ingestor and worker right.',
        };
  },
  stale: (facts) => {
    const cameras = facts.cameras.filter(({ stale }) => stale > 0);
    const count = cameras.reduce((sum, { stale }) => sum + stale, 0);
    return count === 0
      ? undefined
      : {
          severity: 'warning',
          title: 'Frames are too old',
          text: `${plural(count, 'frame')} of ${named(cameras)} ${count === 1 ? 'was' : 'were'} dropped as older than MAX_FRAME_AGE_MS in the last ${duration(facts.windowSeconds)}.`,
          action: 'Start more workers; where nothing is behind, set the clocks of ingestor and worker right.',
        };
  },
  drops: (facts) => {
    const ofCorrupt = inState(facts, 'corrupt').reduce((sum, { corrupt }) => sum + corrupt, 0);
    const drops = facts.drops.filter(({ reason, count }) => count > 0 && !toldElsewhere.test(reason));
    const count = drops.reduce((sum, drop) => sum + drop.count, 0) - ofCorrupt;
    return count <= 0
      ? undefined
      : {
          severity: 'warning',
          title: 'Frames are dropped',
          text: `${plural(count, 'frame')} ${count === 1 ? 'was' : 'were'} dropped in the last ${duration(facts.windowSeconds)}: ${listed(drops.map(({ reason }) => reason.replaceAll('_', ' ')))}.`,
          action: 'Look the reason up; single damaged frames cost nothing but themselves.',
        };
  },
};
