import { describe, expect, it } from 'vitest';
import { type CameraFacts, cameraBounds, judgeCamera, type Surroundings } from './camera-state.ts';

const live: CameraFacts = {
  eventsWaiting: 0,
  published: 50,
  ended: 50,
  corrupt: 0,
  stale: 0,
  hasDelivered: true,
  quietSeconds: 0.2,
  usualGapSeconds: 0.2,
  unread: 0,
  oldestUnreadAgeSeconds: 0,
  p95Seconds: 0.4,
};
const well: Surroundings = { redisOk: true, sinkOk: true };
const stateOf = (facts: Partial<CameraFacts>, around: Partial<Surroundings> = {}) =>
  judgeCamera({ ...live, ...facts }, { ...well, ...around });

describe('a camera', () => {
  it.each([
    ['is live where nothing is wrong', {}, {}, 'live', ''],
    [
      'waits for the sink while its frames go through the models and nothing takes the events',
      { eventsWaiting: 12, published: 3 },
      { sinkOk: false },
      'waiting',
      '12 events wait in memory',
    ],
    [
      'waits where the partition that it writes to takes nothing',
      { eventsWaiting: 1, published: 0 },
      { sinkOk: 'some' },
      'waiting',
      '1 event waits in memory',
    ],
    [
      'does not wait where another partition takes nothing',
      { eventsWaiting: 1, published: 40 },
      { sinkOk: 'some' },
      'live',
      '',
    ],
    ['does not wait for a moment on the way to a sink that is well', { eventsWaiting: 2 }, {}, 'live', ''],
    [
      'is corrupt where most of what arrives cannot be read',
      { published: 3, ended: 50, corrupt: 47 },
      {},
      'corrupt',
      '94 % cannot be read',
    ],
    ['is not corrupt for every second frame', { published: 25, ended: 50, corrupt: 25 }, {}, 'live', ''],
    [
      'is corrupt at one frame in ten seconds, too',
      { ended: 1, corrupt: 1 },
      {},
      'corrupt',
      '100 % cannot be read',
    ],
    [
      'is silent where it delivered before and nothing arrives',
      { ended: 0, published: 0, quietSeconds: 150 },
      {},
      'silent',
      'no frame for 2.5 min',
    ],
    ['is not silent within the bound', { ended: 0, published: 0, quietSeconds: 14.9 }, {}, 'live', ''],
    [
      'is not silent between two frames that are usually a minute apart',
      { ended: 0, published: 0, quietSeconds: 70, usualGapSeconds: 60 },
      {},
      'live',
      '',
    ],
    [
      'is silent after five of its usual gaps',
      { ended: 0, published: 0, quietSeconds: 310, usualGapSeconds: 60 },
      {},
      'silent',
      'no frame for 5.2 min',
    ],
    [
      'has had no frame yet where its stream is empty from the start',
      { hasDelivered: false, ended: 0, published: 0, quietSeconds: 1000 },
      {},
      'new',
      'no frame yet',
    ],
    [
      'is behind where a frame waits for long',
      { unread: 3, oldestUnreadAgeSeconds: 12 },
      {},
      'behind',
      'oldest unread frame waits 12 s',
    ],
    [
      'is not behind at the bound',
      { unread: 3, oldestUnreadAgeSeconds: cameraBounds.behindSeconds },
      {},
      'live',
      '',
    ],
    [
      'is behind where so many frames wait that Redis trims them soon, whatever their age',
      { unread: 92, oldestUnreadAgeSeconds: null },
      {},
      'behind',
      '92 frames are unread',
    ],
    ['is behind where its events come late', { p95Seconds: 14.1 }, {}, 'behind', 'events come 14 s late'],
    ['is stale where frames are dropped for their age', { stale: 4 }, {}, 'stale', '4 frames too old'],
    [
      'is unknown while Redis does not answer, and neither live nor silent',
      { quietSeconds: 100 },
      { redisOk: false },
      'unknown',
      'whether frames arrive is not known',
    ],
    [
      'tells the worst first: waiting before corrupt',
      { eventsWaiting: 2, ended: 4, corrupt: 4 },
      { sinkOk: false },
      'waiting',
      '2 events wait in memory',
    ],
    [
      'tells the worst first: waiting although Redis is away, too',
      { eventsWaiting: 2 },
      { sinkOk: false, redisOk: false },
      'waiting',
      '2 events wait in memory',
    ],
    [
      'tells the worst first: corrupt before behind, behind before stale',
      { ended: 4, corrupt: 4, unread: 9, oldestUnreadAgeSeconds: 60 },
      {},
      'corrupt',
      '100 % cannot be read',
    ],
    [
      'tells the worst first: behind before stale',
      { stale: 3, unread: 9, oldestUnreadAgeSeconds: 60 },
      {},
      'behind',
      'oldest unread frame waits 1.0 min',
    ],
  ] as const)('%s', (_, facts, around, state, note) => {
    expect(stateOf(facts, around)).toEqual({ state, note });
  });
});
