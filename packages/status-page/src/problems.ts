import type { CameraFigures, EngineFigures, Part, WorkerState } from './snapshot.ts';
import { type Help, type ProblemId, troubleshooting } from './troubleshooting.ts';
import { duration, listed, plural } from './words.ts';

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

/** What problems are found in. Frames are those of the window. */
export interface ProblemFacts {
  readonly state: WorkerState;
  readonly windowSeconds: number;
  readonly cameras: readonly CameraFigures[];
  readonly eventsWaiting: number;
  /** Frames that Redis trimmed before any worker read them. */
  readonly evicted: number;
  /** Frames that were given up, by reason. */
  readonly drops: readonly { readonly reason: string; readonly count: number }[];
  readonly engines: readonly EngineFigures[];
  readonly fallbacks: readonly { readonly model: string; readonly reason: string }[];
  /** The stage with the highest 95th percentile. */
  readonly slowest: { readonly stage: string; readonly seconds: number } | undefined;
}

type Finder = (facts: ProblemFacts) => Omit<Problem, 'id' | 'help'> | undefined;

const part = ({ state }: ProblemFacts, kind: Part['kind']): Part | undefined =>
  state.parts.find((one) => one.kind === kind && !one.ok);

const inState = ({ cameras }: ProblemFacts, ...states: readonly string[]): CameraFigures[] =>
  cameras.filter(({ state }) => states.includes(state));

const says = (note: string | undefined): string => (note === undefined ? '' : ` (${note})`);

/** What the worker says of engines between loading and their first proof. */
const notProvenYet = 'not proven yet';

const named = (cameras: readonly CameraFigures[]): string => listed(cameras.map(({ id }) => id));

/** Whether nothing can arrive, or nothing is known of it. */
const isBlind = (facts: ProblemFacts): boolean =>
  !facts.state.parts.some(({ kind, ok }) => kind === 'redis' && ok);

const isOverloaded = (facts: ProblemFacts): boolean => {
  const behind = inState(facts, 'behind').length;
  const served = inState(facts, 'behind', 'live', 'stale', 'corrupt').length;
  return behind > 0 && behind * 2 >= served;
};

const nothingArrives = (facts: ProblemFacts): boolean =>
  !isBlind(facts) && inState(facts, 'silent', 'new').length === facts.cameras.length;

/** Drops that have a problem of their own, or that are as they should be: a picture with nothing to see. */
const toldElsewhere = /^(stale|trimmed|black|blown_out|flat|publish_.*)$/;

const publishDrops = ({ drops }: ProblemFacts) => drops.filter(({ reason }) => reason.startsWith('publish_'));

/** Every problem there may be, worst first. */
const finders: Readonly<Record<ProblemId, Finder>> = {
  lost: () => undefined, // the page itself finds that its worker is gone
  worker: (facts) => {
    const worker = part(facts, 'worker');
    return worker === undefined
      ? undefined
      : {
          severity: 'bad',
          title: 'Worker does not answer',
          text: `The worker does not say how it is${says(worker.note)}.`,
          action: 'Look at its log: its process may be busy, or stuck.',
        };
  },
  redis: (facts) => {
    const redis = part(facts, 'redis');
    return redis === undefined
      ? undefined
      : {
          severity: 'bad',
          title: 'Redis is away',
          text: 'Redis does not answer: no frames are read, and how many wait is not known.',
          action: 'Start Redis, or correct REDIS_URL; the worker goes on by itself.',
          detail: redis.note,
        };
  },
  sink: (facts) => {
    const sink = part(facts, 'sink');
    if (sink === undefined) return undefined;
    const some = sink.partitions ?? [];
    const partitions = `${some.length === 1 ? 'partition' : 'partitions'} ${listed(some.map(String))}`;
    const who = some.length === 0 ? sink.name : `${sink.name}, ${partitions},`;
    const cameras = inState(facts, 'waiting');
    const of =
      cameras.length === 0
        ? ''
        : ` of ${some.length > 0 ? named(cameras) : plural(cameras.length, 'camera')}`;
    // An event on its first try does not count as waiting yet, and is in no other place.
    const ofCameras = cameras.reduce((sum, { eventsWaiting }) => sum + eventsWaiting, 0);
    const count = Math.max(facts.eventsWaiting, ofCameras);
    const waiting =
      count === 0 ? '' : `: ${plural(count, 'event')}${of} ${count === 1 ? 'waits' : 'wait'} in memory`;
    const actions: Readonly<Record<string, string>> = {
      Kafka:
        some.length > 0
          ? 'Start the broker that leads them'
          : 'Start Kafka, or correct KAFKA_BOOTSTRAP_SERVERS',
    };
    return {
      severity: 'bad',
      title: some.length > 0 ? `${sink.name} is partly away` : `${sink.name} is away`,
      text: `${who} takes no events${waiting}.`,
      action: `${actions[sink.name] ?? 'See why it takes nothing'}; the events go out by themselves then.`,
      detail: sink.note,
    };
  },
  inference: (facts) => {
    const inference = part(facts, 'inference');
    return inference === undefined
      ? undefined
      : {
          severity: 'bad',
          title: 'Inference fails',
          text: `Runs of a model fail${says(inference.note)}: events lack what it would have found.`,
          action: 'Look at the log for the error of the engine; memory and drivers are the usual causes.',
        };
  },
  engine: (facts) => {
    const engine = part(facts, 'engine');
    return engine === undefined || engine.note === notProvenYet
      ? undefined
      : {
          severity: 'bad',
          title: 'A model is wrong',
          text: `A model does not give what it should for a known picture${says(engine.note)}.`,
          action: 'Look at the log for which one, and build its engine again or take the .onnx file.',
        };
  },
  models: (facts) => {
    const isReady = part(facts, 'models') === undefined && part(facts, 'engine')?.note !== notProvenYet;
    return isReady
      ? undefined
      : {
          severity: 'warning',
          title: 'Models are loading',
          text: 'The models are loading or being proven, and no frames are read until they are ready.',
          action: 'Wait: an engine takes up to a minute.',
        };
  },
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
    const cameras = inState(facts, 'behind');
    return cameras.length === 0 || isOverloaded(facts)
      ? undefined
      : {
          severity: 'warning',
          title:
            cameras.length === 1 ? `${named(cameras)} is behind` : `${cameras.length} cameras are behind`,
          text: `Frames of ${named(cameras)} wait for long before they are read, or their events come late.`,
          action: 'Start more workers, or have these cameras send fewer frames.',
        };
  },
  fallback: (facts) => {
    const models = [...new Set(facts.fallbacks.map(({ model }) => model))];
    if (models.length === 0) return undefined;
    const runs = [
      ...new Set(facts.engines.filter(({ model }) => models.includes(model)).map(({ provider }) => provider)),
    ];
    const reasons = [...new Set(facts.fallbacks.map(({ reason }) => reason))];
    const on = runs.length === 0 ? 'something else' : listed(runs);
    return {
      severity: 'warning',
      title: 'Engine fallback',
      text: `The ${listed(models)} ${models.length === 1 ? 'model runs' : 'models run'} on ${on} instead of what was asked for: ${listed(reasons)}.`,
      action:
        'Mend the engine or its driver and start the worker again; it may be many times slower until then.',
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

/** Finds what is wrong, worst first. */
export function findProblems(facts: ProblemFacts): Problem[] {
  return problemIds.flatMap((id) => {
    const found = finders[id](facts);
    return found === undefined ? [] : [{ id, ...found, help: troubleshooting[id] }];
  });
}

const problemIds = Object.keys(finders) as ProblemId[];
