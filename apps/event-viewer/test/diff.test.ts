import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DetectionEvent } from '@trinetra/contracts';
import type { Ended } from '@trinetra/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { play } from './cli.ts';
import { embedding, eventOf, face, lineOf, personOf } from './events.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-diff-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Frame number `i` of two cameras in turn, with two persons; of run `run`, which gives it an id of its own. */
const numbered = (i: number, run = 0, changes: Partial<DetectionEvent> = {}): DetectionEvent =>
  eventOf({
    camera_id: `cam_${i % 2}`,
    frame_id: `${1771840000000 + run * 1e6 + i}-0`,
    ingest_ts: 1771840000 + i / 10,
    worker_ts: 1771840000 + run * 1000 + i / 10,
    embedding_space: 'space-1',
    detections: [personOf({ face }), personOf({ bbox: [0.6, 0.1, 0.8, 0.9], confidence: 0.6 })],
    embeddings: [embedding, null],
    ...changes,
  });

const run = (count: number, ...args: Parameters<typeof numbered> extends [number, ...infer R] ? R : never) =>
  Array.from({ length: count }, (_, i) => numbered(i, ...args));

/** Compares `a`, in a file, with `b` from standard input. */
async function diff(
  a: readonly (DetectionEvent | string)[],
  b: readonly (DetectionEvent | string)[],
  ...args: string[]
): Promise<Ended> {
  const text = (events: typeof a): string =>
    events.map((event) => (typeof event === 'string' ? event : lineOf(event))).join('');
  const path = join(folder, 'a.ndjson');
  await writeFile(path, text(a));
  return play(['diff', path, '-', ...args], { input: text(b) });
}

describe('trinetra-events diff', () => {
  it('says identical of two runs on the same frames, whose ids and times differ', async () => {
    const args = ['--max-lost', '0', '--max-faces-lost', '0', '--max-frames-lost', '0', '--min-iou', '1'];
    const limits = [...args, '--min-cosine', '1', '--max-confidence-shift', '0'];
    for (const second of [run(40), run(40, 1), run(40, 1).reverse()]) {
      const { code, stdout, stderr } = await diff(run(40), second, ...limits);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('\nidentical\n');
      expect(stdout).toMatch(/\npersons +80 +80 +80 +0 /);
    }
  });

  it('shows the frames that differ most first, as many as are wanted', async () => {
    const after = run(10, 1).map((event, i) =>
      i === 3 || i === 7
        ? { ...event, detections: event.detections.slice(0, i === 3 ? 0 : 1), embeddings: [] }
        : event,
    );
    const { code, stdout } = await diff(run(10), after, '--worst', '2');
    expect(code).toBe(0);
    expect(stdout).not.toContain('identical');
    expect(stdout.trimEnd().split('\n').slice(-2)).toEqual([
      '  1.51  cam_1  1771840000.3  1771840000003-0  1771841000003-0  only in A 0.91 0.60',
      '  1.10  cam_1  1771840000.7  1771840000007-0  1771841000007-0  only in A 0.60, embeddings lost 1',
    ]);
    expect((await diff(run(10), after, '--worst', '0')).stdout).not.toContain('differ most');
  });

  it('ends with 1 past thresholds, one line each', async () => {
    const after = run(9, 1).map((event) => ({
      ...event,
      detections: event.detections.slice(0, 1).map((person) => ({ ...person, confidence: 0.8 })),
      embeddings: [null],
    }));
    const limits = ['--max-lost', '10%', '--max-frames-lost', '5%', '--max-confidence-shift', '0.2'];
    const { code, stderr } = await diff(run(10), after, ...limits, '--min-cosine', '0.9');
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toEqual([
      'trinetra-events: --max-lost 10%: B lacks 11 of the 20 persons of A (55.00 %)',
      'trinetra-events: --max-frames-lost 5%: B lacks 1 of the 10 frames of A (10.00 %)',
      'trinetra-events: --min-cosine 0.9: no person has an embedding in both',
    ]);
  });

  it('counts what comes twice, and compares it once', async () => {
    const again = numbered(2, 1, { detections: [], embeddings: [] });
    const { stdout } = await diff(run(5), [...run(5, 1), again, again], '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      identical: true,
      b: { events: 7, duplicates: 2 },
      frames: { b: 5, both: 5 },
      passed: [],
    });
  });

  it('goes past what is no event, says where, and ends with 1', async () => {
    const { code, stdout, stderr } = await diff(run(3), [...run(2, 1), '{"camera_id":\n', numbered(2, 1)]);
    expect(code).toBe(1);
    expect(stderr).toBe('trinetra-events: B: line 3: expected an event as JSON in UTF-8\n');
    expect(stdout).toContain('standard input: 3 events; 1 that are no events');
    expect(stdout).not.toContain('identical');
  });

  it('says that embedding spaces differ, and compares no embedding', async () => {
    const { code, stdout } = await diff(run(3), run(3, 1, { embedding_space: 'space-\u001b[2J' }));
    expect(code).toBe(0);
    expect(stdout).toContain(
      'embedding spaces differ in 3 frames, whose embeddings are not compared: A space-1; B space-\\u{1b}[2J',
    );
    expect(stdout).toContain('cosine of 0 embeddings: median -');
  });

  it('ends with 2 where there is nothing to compare', async () => {
    const other = run(3).map((event) => ({ ...event, camera_id: 'cam_x' }));
    expect(await diff(run(3), other)).toMatchObject({
      code: 2,
      stdout: '',
      stderr:
        'trinetra-events: A, B: expected events of the same frames, but no camera_id with the same frame_id or ingest_ts is in both\n',
    });
    expect((await diff(run(3), ['x\n'])).stderr).toContain(
      'B: expected events in standard input but found none, 1 lines or messages that are none',
    );
    const absent = await play(['diff', join(folder, 'absent'), '-']);
    expect(absent).toMatchObject({ code: 2, stderr: expect.stringMatching(/A: cannot read .*ENOENT/) });
    expect(await play(['diff', 'only-one'])).toMatchObject({ code: 2, stdout: '' });
    expect(await diff(run(1), run(1), '--max-lost', 'some')).toMatchObject({ code: 2, stdout: '' });
  });
});
