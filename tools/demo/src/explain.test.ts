import { describe, expect, it } from 'vitest';
import { explainDrops, explainOverload } from './explain.ts';
import { summarise } from './summary.ts';

function summaryOf(dropped: Record<string, number>, latencyMs = 25_500) {
  const counts = { framesIn: 1280, eventsOut: 1194, persons: 0, faces: 0, embeddings: 0 };
  return summarise(new Map([['cam', { ...counts, latenciesMs: [latencyMs], dropped }]]), 1194, 0);
}

const keptUp = { framesIn: 800, eventsOut: 770, waiting: 30, seconds: 20 };
const late = { framesIn: 800, eventsOut: 224, waiting: 576, seconds: 20 };
const chosen = { asked: 40, chosen: true };

describe('explainOverload', () => {
  it('says nothing where the worker kept up, or only its own path was full', () => {
    expect(explainOverload(keptUp, summaryOf({}), chosen)).toBeUndefined();
    expect(
      explainOverload({ framesIn: 40, eventsOut: 20, waiting: 20, seconds: 4 }, summaryOf({}), chosen),
    ).toBeUndefined();
  });

  it('says what was sent, served and left, and what to do', () => {
    expect(explainOverload(late, summaryOf({}), chosen)).toBe(
      'This machine was overloaded: the cameras sent 40 frames/s and it served 11. 576 frames stood in Redis when the ' +
        'cameras ended, and half of those served took 25.5 s or more. Without --fps the demo plays at what the machine carries.',
    );
  });

  it('says that the cameras were too slow as well, and what else it may be where the demo chose the rate', () => {
    const text = explainOverload(late, summaryOf({}), { asked: 64, chosen: false });
    expect(text).toContain(
      'sent 40 frames/s (they could not make the 64 that were asked for) and it served 11.',
    );
    expect(text).toMatch(/It served more when it was measured: .*\.$/);
  });

  it('counts frames that were trimmed unread as overload, wherever the rest is', () => {
    expect(explainOverload(keptUp, summaryOf({ trimmed_unread: 1 }), chosen)).toMatch(
      /^This machine was overloaded/,
    );
  });
});

describe('explainDrops', () => {
  it('says why in one sentence, and nothing where there were none', () => {
    expect(explainDrops({})).toBeUndefined();
    expect(explainDrops({ trimmed_unread: 86, toString: 1 })).toBe(
      'Dropped: 86 frames trimmed_unread (Redis keeps only the newest of each camera, and the worker had not come to them), ' +
        '1 frame toString.',
    );
  });
});
