import { describe, expect, it } from 'vitest';
import type { ProblemFacts } from './problem.ts';
import { findProblems } from './problems.ts';
import type { CameraFigures, Part } from './snapshot.ts';

const camera = (id: string, figures: Partial<CameraFigures> = {}): CameraFigures => ({
  id,
  state: 'live',
  note: '',
  arrivingFps: 5,
  inferredFps: 5,
  fps: 5,
  processed: 50,
  persons: 3,
  dropped: 0,
  evicted: 0,
  inFlight: 0,
  eventsWaiting: 0,
  unread: 0,
  oldestUnreadAgeSeconds: 0,
  p95Seconds: 0.3,
  quietSeconds: 0,
  corrupt: 0,
  stale: 0,
  ...figures,
});

const parts: readonly Part[] = [
  { kind: 'models', name: 'Models', ok: true },
  { kind: 'redis', name: 'Redis', ok: true },
  { kind: 'sink', name: 'Kafka', ok: true },
];
/** Parts of which one is not ok. */
const without = (kind: Part['kind'], more: Partial<Part> = {}): Part[] => [
  ...parts.filter((one) => one.kind !== kind),
  { kind, name: kind === 'sink' ? 'Kafka' : kind, ok: false, ...more },
];
const well: ProblemFacts = {
  state: { ready: true, parts },
  windowSeconds: 10,
  cameras: [camera('cam_a'), camera('cam_b')],
  eventsWaiting: 0,
  evicted: 0,
  drops: [],
  engines: [],
  fallbacks: [],
  slowest: { stage: 'detect', seconds: 1.2 },
};
const find = (facts: Partial<ProblemFacts> & { parts?: Part[] }) =>
  findProblems({
    ...well,
    ...facts,
    ...(facts.parts === undefined ? {} : { state: { ready: false, parts: facts.parts } }),
  });
const told = (facts: Partial<ProblemFacts> & { parts?: Part[] }): string[] =>
  find(facts).map(({ id, severity, text }) => `${id} ${severity}: ${text}`);

describe('the problems', () => {
  it('are none where nothing is wrong', () => {
    expect(find({})).toEqual([]);
  });

  it.each<[string, Partial<ProblemFacts> & { parts?: Part[] }, string[]]>([
    [
      'Redis that does not answer, and nothing that only Redis could tell',
      { parts: without('redis'), cameras: [camera('cam_a', { state: 'unknown' })] },
      ['redis bad: Redis does not answer: no frames are read, and how many wait is not known.'],
    ],
    [
      'Kafka that takes nothing',
      {
        parts: without('sink', { note: 'connect ECONNREFUSED' }),
        cameras: [camera('cam_a', { state: 'waiting' }), camera('cam_b', { state: 'waiting' })],
        eventsWaiting: 240,
      },
      ['sink bad: Kafka takes no events: 240 events of 2 cameras wait in memory.'],
    ],
    [
      'partitions that take nothing, and whose cameras wait',
      {
        parts: without('sink', { partitions: [1, 4] }),
        cameras: [camera('cam_a', { state: 'waiting' }), camera('cam_b')],
        eventsWaiting: 1,
      },
      ['sink bad: Partitions 1 and 4 of Kafka take no events: 1 event of cam_a waits in memory.'],
    ],
    [
      'events that are tried for the first time while Kafka is away',
      { parts: without('sink'), cameras: [camera('cam_a', { state: 'waiting', eventsWaiting: 2 })] },
      ['sink bad: Kafka takes no events: 2 events of 1 camera wait in memory.'],
    ],
    [
      'a file that takes nothing, by the name of the sink',
      { parts: without('sink', { name: 'NDJSON file' }) },
      ['sink bad: NDJSON file takes no events.'],
    ],
    [
      'a model whose runs fail',
      { parts: without('inference', { note: 'detector failed 7 times in a row: out_of_memory' }) },
      [
        'inference bad: Runs of a model fail (detector failed 7 times in a row: out_of_memory): events lack what it would have found.',
      ],
    ],
    [
      'models that load',
      { parts: [{ kind: 'models', name: 'Models', ok: false, note: 'loading' }], cameras: [] },
      [
        'models warning: The models are loading or being proven, and no frames are read until they are ready.',
      ],
    ],
    [
      'a worker where most cameras are behind, which is no problem of each',
      {
        cameras: [
          camera('cam_a', { state: 'behind', oldestUnreadAgeSeconds: 150 }),
          camera('cam_b', { state: 'silent', quietSeconds: 1 }),
        ],
      },
      [
        'overload bad: More frames come than the worker can take: cam_a is behind, by up to 2.5 min.',
        'silent bad: No frame has come of cam_b for 1.0 s.',
      ],
    ],
    [
      'one camera of many that is behind',
      {
        cameras: [
          camera('cam_a', { state: 'behind', oldestUnreadAgeSeconds: 9 }),
          camera('b'),
          camera('c'),
          camera('d'),
        ],
      },
      ['behind warning: Frames of cam_a wait for long before they are read.'],
    ],
    [
      'events that come late after an outage, which is no overload: no frame waits',
      {
        cameras: [
          camera('cam_a', { state: 'behind', p95Seconds: 150 }),
          camera('cam_b', { state: 'behind', p95Seconds: 90 }),
        ],
      },
      [
        'late warning: Events of cam_a and cam_b come up to 2.5 min after their frames, though no frame waits for long.',
      ],
    ],
    [
      'no frames from any camera',
      {
        cameras: [
          camera('cam_a', { state: 'silent', quietSeconds: 150 }),
          camera('cam_b', { state: 'silent', quietSeconds: 400 }),
        ],
      },
      ['nothing bad: No frames arrive from any camera: the last came 2.5 min ago.'],
    ],
    ['no camera at all', { cameras: [] }, ['nothing warning: No frames have arrived from any camera yet.']],
    [
      'cameras that send what cannot be read, and not each of those frames again',
      {
        cameras: [camera('cam_a', { state: 'corrupt', corrupt: 7 }), camera('b'), camera('c')],
        drops: [{ reason: 'unsupported_format', count: 7 }],
      },
      ['corrupt bad: Most of what arrives of cam_a cannot be read.'],
    ],
    [
      'silent cameras, three by their full names',
      {
        cameras: [
          camera('live'),
          ...['cam_entrance_north_01', 'cam_entrance_north_02', 'c', 'd', 'e'].map((id, index) =>
            camera(id, { state: 'silent', quietSeconds: 100 - index }),
          ),
        ],
      },
      [
        'silent bad: No frame has come of cam_entrance_north_01, cam_entrance_north_02, c and 2 more for up to 1.7 min.',
      ],
    ],
    [
      'events that were given up',
      { drops: [{ reason: 'publish_too_large', count: 1 }] },
      ['lostEvents bad: 1 event was given up in the last 10 s: publish too large.'],
    ],
    [
      'frames that Redis trimmed',
      { evicted: 1200 },
      ['evicted bad: Redis trimmed 1,200 frames in the last 10 s before any worker had read them.'],
    ],
    [
      'an engine that was not asked for',
      {
        engines: [
          { model: 'detector', provider: 'cpu', precision: 'fp32', sha256: '', runSize: 1 },
          { model: 'face', provider: 'cuda', precision: 'fp16', sha256: '', runSize: 1 },
        ],
        fallbacks: [
          { model: 'detector', reason: 'provider_missing' },
          { model: 'detector', reason: 'out_of_memory' },
        ],
      },
      [
        'fallback warning: The detector model runs on cpu instead of what was asked for: provider_missing and out_of_memory.',
      ],
    ],
    [
      'frames that are too old',
      {
        cameras: [camera('cam_a', { state: 'stale', stale: 1 }), camera('b')],
        drops: [{ reason: 'stale', count: 1 }],
      },
      ['stale warning: 1 frame of cam_a was dropped as older than MAX_FRAME_AGE_MS in the last 10 s.'],
    ],
    [
      'frames that are dropped, but not those with nothing to see',
      {
        drops: [
          { reason: 'black', count: 50 },
          { reason: 'truncated', count: 2 },
        ],
      },
      ['drops warning: 2 frames were dropped in the last 10 s: truncated.'],
    ],
  ])('name %s', (_, facts, expected) => {
    expect(told(facts)).toEqual(expected);
  });

  it('come worst first, each with what to do and where it is described', () => {
    const found = find({
      parts: [
        { kind: 'redis', name: 'Redis', ok: true },
        { kind: 'sink', name: 'Kafka', ok: false },
      ],
      cameras: [
        camera('a', { state: 'waiting' }),
        camera('b', { state: 'corrupt' }),
        camera('c', { state: 'silent' }),
        camera('d', { state: 'behind', unread: 90 }),
        camera('e', { stale: 3 }),
        camera('f'),
      ],
      evicted: 3,
      drops: [{ reason: 'truncated', count: 2 }],
      fallbacks: [{ model: 'detector', reason: 'out_of_memory' }],
    });
    expect(found.map(({ id }) => id)).toEqual([
      'sink',
      'corrupt',
      'silent',
      'evicted',
      'behind',
      'fallback',
      'stale',
      'drops',
    ]);
    for (const { action, text, title, help } of found) {
      for (const sentence of [text, action]) expect(sentence).toMatch(/^[A-Z0-9].*\.$/);
      expect(title.length).toBeLessThan(40);
      expect(help.url).toContain('TROUBLESHOOTING.md#');
    }
  });

  it('do not call a worker overloaded whose frames wait for Kafka', () => {
    expect(
      told({
        parts: without('sink'),
        cameras: [camera('a', { state: 'waiting', oldestUnreadAgeSeconds: 90 })],
      }),
    ).toEqual(['sink bad: Kafka takes no events.']);
  });
});
