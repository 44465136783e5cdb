import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { play, runReadme, start } from './cli.ts';
import { embedding, eventOf, face, lineOf, personOf } from './events.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-events-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const cameras = ['cam_entrance_01', 'cam_billing_02', 'cam_face_capture_03'] as const;

/** Event number `i`: the cameras in turn, every fourth degraded. */
const numbered = (i: number): ReturnType<typeof eventOf> =>
  eventOf({
    camera_id: cameras[i % 3] ?? '',
    frame_id: `${1771840000000 + i * 100}-0`,
    ingest_ts: 1771840000 + i / 10,
    worker_ts: 1771840000 + i / 10 + 0.1,
    status: i % 4 === 3 ? 'degraded' : 'ok',
    detections: [personOf({ face })],
    embeddings: [embedding],
  });

const twelve = Array.from({ length: 12 }, (_, i) => lineOf(numbered(i))).join('');

const framesOf = (json: string): number[] =>
  json
    .trim()
    .split('\n')
    .map((line) => (Number(JSON.parse(line).frame_id.split('-')[0]) - 1771840000000) / 100);

describe('trinetra-events --file', () => {
  it('reads standard input, a line an event', async () => {
    const { code, stdout, stderr } = await play(['--file', '-'], { input: `${twelve}\n  \r\n` });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(12);
    expect(lines[1]).toMatch(
      /^2026-02-23T09:46:40\.100Z {2}cam_billing_02 +entrance +ok +1 person 0\.91 +1 face 1 embedding +100 ms {2}1771840000100-0$/,
    );
  });

  it('tells no latency that nobody can have, and says once a camera that its clock is another one', async () => {
    const nextYear = (i: number, frame_id: string) => ({
      ...numbered(i),
      ingest_ts: 1803376000 + i,
      frame_id,
    });
    const input = [nextYear(0, '1771840000020-0'), nextYear(1, '7-0'), nextYear(3, '1771840000320-0')];
    const { code, stdout, stderr } = await play(['--file', '-'], { input: input.map(lineOf).join('') });
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/ 80 ms {2}1771840000020-0$/);
    expect(lines[1]).toMatch(/ - {2}7-0$/);
    expect(lines[2]).toMatch(/ 80 ms {2}1771840000320-0$/);
    expect(stderr.trimEnd().split('\n')).toEqual([
      "trinetra-events: cam_entrance_01: ingest_ts is not of the worker's clock (31535999.9 s ahead): its latency counts from frame_id",
      "trinetra-events: cam_billing_02: ingest_ts is not of the worker's clock (31536000.8 s ahead): its latency is unknown",
    ]);
  });

  it('reads a file whose last line has no end', async () => {
    const path = join(folder, 'cut.ndjson');
    await writeFile(path, twelve.trimEnd());
    const { code, stdout } = await play(['--file', path, '--json']);
    expect(code).toBe(0);
    expect(framesOf(stdout)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(stdout).not.toContain('"embeddings"');
  });

  it.each([
    [
      ['--camera', 'cam_entrance_*'],
      [0, 3, 6, 9],
    ],
    [
      ['--camera', '*_02', '--camera', '*_03', '--limit', '3'],
      [1, 2, 4],
    ],
    [
      ['--status', 'degraded,failed'],
      [3, 7, 11],
    ],
    [
      ['--status', 'ok', '--camera', '*_01'],
      [0, 6, 9],
    ],
    [
      ['--limit', '2'],
      [0, 1],
    ],
  ])('selects with %o', async (args, frames) => {
    const { code, stdout } = await play(['--file', '-', '--json', ...args], { input: twelve });
    expect(code).toBe(0);
    expect(framesOf(stdout)).toEqual(frames);
  });

  it('gives embeddings only where they are asked for', async () => {
    const { stdout } = await play(['--file', '-', '--json', '--embeddings'], { input: lineOf(numbered(0)) });
    expect(JSON.parse(stdout)).toEqual(numbered(0));
  });

  it('goes past what is no event, says where, and ends with 1', async () => {
    const bad = Array(20).fill('{"camera_id": 7}\n').join('');
    const input = `${lineOf(numbered(0))}\u001b[2Jgarbage 0.123456\n${bad}${lineOf(numbered(1))}`;
    const { code, stdout, stderr } = await play(['--file', '-', '--json'], { input });
    expect(code).toBe(1);
    expect(framesOf(stdout)).toEqual([0, 1]);
    const said = stderr.trim().split('\n');
    expect(said).toHaveLength(12);
    expect(said[0]).toBe('trinetra-events: line 2: expected an event as JSON in UTF-8');
    expect(said[1]).toMatch(/^trinetra-events: line 3: not a detection event: schema_version: /);
    expect(said.at(-1)).toBe('trinetra-events: 21 of what came were no detection events');
  });

  it('ends with a table, or with JSON', async () => {
    const input = twelve + lineOf(numbered(4));
    const table = await play(['--file', '-', '--stats'], { input });
    expect(table.code).toBe(0);
    expect(table.stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 2).join(' '))).toEqual([
      'camera events',
      expect.stringMatching(/^-/),
      'cam_billing_02 5',
      'cam_entrance_01 4',
      'cam_face_capture_03 4',
      expect.stringMatching(/^-/),
      'total 13',
      '',
    ]);
    const json = await play(['--file', '-', '--stats', '--json'], { input });
    expect(JSON.parse(json.stdout).total).toMatchObject({
      events: 13,
      persons: 12,
      faces: 12,
      embeddings: 12,
      degraded: 3,
      duplicates: 1,
      order_violations: 0,
    });
  });

  it('draws a plot beside what it prints', async () => {
    const path = join(folder, 'events.svg');
    const { code, stdout } = await play(['--file', '-', '--plot', path], { input: twelve });
    expect(code).toBe(0);
    expect(stdout.split('\n')).toHaveLength(13);
    expect(await readFile(path, 'utf8')).toMatch(
      /^<svg [\s\S]*Latency from ingest to event[\s\S]*<\/svg>\n$/,
    );
  });

  it('follows a file, also one that was rotated or truncated, until SIGINT', async () => {
    const path = join(folder, 'follow.ndjson');
    await writeFile(path, lineOf(numbered(0)));
    const { child, stdout, ended } = start(['--file', path, '--follow', '--json']);
    const seen = async (...frames: number[]): Promise<void> =>
      expect.poll(() => stdout() !== '' && framesOf(stdout()), { timeout: 30_000 }).toEqual(frames);
    await seen(0);
    const line = lineOf(numbered(1));
    await appendFile(path, line.slice(0, 50));
    await appendFile(path, line.slice(50) + lineOf(numbered(2)));
    await seen(0, 1, 2);
    await rename(path, `${path}.1`);
    await writeFile(path, lineOf(numbered(3)));
    await seen(0, 1, 2, 3);
    await writeFile(path, '');
    await appendFile(path, lineOf({ ...numbered(4), detections: [], embeddings: [] }));
    await seen(0, 1, 2, 3, 4);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('reads a named pipe, and ends at SIGINT while its writer is silent', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const { child, stdout, ended } = start(['--file', path, '--json']);
    const writer = await open(path, 'w');
    await writer.write(lineOf(numbered(5)));
    await expect.poll(() => stdout() !== '' && framesOf(stdout()), { timeout: 30_000 }).toEqual([5]);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
    await writer.close();
  });

  it('ends quietly when its reader does', async () => {
    const { child, ended } = start(['--file', '-']);
    child.stdout.once('data', () => child.stdout.destroy());
    const feed = async (): Promise<void> => {
      while (child.exitCode === null && !child.stdin.destroyed) {
        if (!child.stdin.write(twelve))
          await Promise.race([once(child.stdin, 'drain'), once(child, 'close')]);
      }
    };
    const [{ code, stderr }] = await Promise.all([ended, feed().catch(() => undefined)]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('ends at SIGTERM with the table of what came, while input is still open', async () => {
    const { child, ended } = start([
      '--file',
      '-',
      '--stats',
      '--json',
      '--plot',
      join(folder, 'stopped.png'),
    ]);
    child.stdin.write(twelve);
    // Standard output says nothing before the end: the input was read once it does not block any more.
    for (let i = 0; i < 200; i += 1) if (!child.stdin.write(twelve)) await once(child.stdin, 'drain');
    child.kill('SIGTERM');
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout).total).toMatchObject({ persons: 12, degraded: 3 });
  });

  it('runs the first example of the README', async () => {
    const path = join(folder, 'readme.ndjson');
    await writeFile(path, twelve);
    const { code, stdout } = await runReadme(0, { EVENTS: path });
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.slice(0, 5).map((line) => line.split(/ {2,}/)[1])).toEqual(
      [0, 1, 3, 4, 6].map((i) => cameras[i % 3]),
    );
    expect(framesOf(lines.slice(5).join('\n'))).toEqual([0]);
  });

  it('says what it cannot read or does not know', async () => {
    const absent = await play(['--file', join(folder, 'absent')]);
    expect(absent).toMatchObject({ code: 2, stderr: expect.stringMatching(/--file: cannot read .*ENOENT/) });
    expect((await play(['--file', folder])).code).toBe(2);
    const unknown = await play(['--nope\u001b[2J']);
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toContain(String.raw`unknown option '--nope\u{1b}[2J'`);
    expect(await play(['--limit', 'x', '--file', '-', '--follow'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--limit: expected a whole number'),
    });
    expect((await play(['--help'])).code).toBe(0);
  });
});
