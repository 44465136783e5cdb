import { brokenPart, type Finder, inState, named } from './problem.ts';
import { listed, plural } from './words.ts';

const says = (note: string | undefined): string => (note === undefined ? '' : ` (${note})`);

/** The worker's message on engines between loading and their first proof. */
const notProvenYet = 'not proven yet';

export type PartProblem = 'worker' | 'redis' | 'sink' | 'inference' | 'engine' | 'models' | 'fallback';

/** Problems of the worker's dependencies and models. */
export const partProblems: Readonly<Record<PartProblem, Finder>> = {
  worker: (facts) => {
    const worker = brokenPart(facts, 'worker');
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
    const redis = brokenPart(facts, 'redis');
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
    const sink = brokenPart(facts, 'sink');
    if (sink === undefined) return undefined;
    const some = sink.partitions ?? [];
    const [noun, verb] = some.length === 1 ? ['Partition', 'takes'] : ['Partitions', 'take'];
    const what =
      some.length === 0
        ? `${sink.name} takes no events`
        : `${noun} ${listed(some.map(String))} of ${sink.name} ${verb} no events`;
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
      text: `${what}${waiting}.`,
      action: `${actions[sink.name] ?? 'See why it takes nothing'}; the events go out by themselves then.`,
      detail: sink.note,
    };
  },
  inference: (facts) => {
    const inference = brokenPart(facts, 'inference');
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
    const engine = brokenPart(facts, 'engine');
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
    const isReady =
      brokenPart(facts, 'models') === undefined && brokenPart(facts, 'engine')?.note !== notProvenYet;
    return isReady
      ? undefined
      : {
          severity: 'warning',
          title: 'Models are loading',
          text: 'The models are loading or being proven, and no frames are read until they are ready.',
          action: 'Wait: an engine takes up to a minute.',
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
};
