import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const shared = fileURLToPath(new URL('../../../../shared', import.meta.url));
const photos = ['group_01', 'group_02', 'group_03', 'group_04'];

interface Result {
  readonly persons: number;
  readonly cameras: Readonly<Record<string, { readonly frames_in: number; readonly persons: number }>>;
}

describe.skipIf(!existsSync(join(shared, 'models')))('the demo with photos (needs ../shared)', () => {
  let folder = '';
  /** Persons that YOLOv8n finds in each whole photo. */
  let persons: number[] = [];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'trinetra-demo-photos-'));
    for (const name of photos) {
      copyFileSync(join(shared, 'photos', `${name}.jpg`), join(folder, `${name}.jpg`));
    }
    persons = photos.map(
      (name) => JSON.parse(readFileSync(join(shared, 'golden', `${name}.json`), 'utf8')).persons.length,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function run(cameras: number): Promise<Result> {
    const args = ['--models', join(shared, 'models'), '--frames', folder, '--cameras', String(cameras)];
    const rest = ['--fps', String(photos.length / cameras), '--seconds', '1', '--sink', 'ndjson', '--json'];
    const output = ['--output', join(folder, 'sheet')];
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...args, ...rest, ...output], {
      timeout: 240_000,
    });
    return JSON.parse(stdout);
  }

  it('misses nobody, each camera sending the squashed photos of one aspect', async () => {
    const { cameras } = await run(4);
    const byPhoto = ['cam_entrance_01', 'cam_billing_02', 'cam_face_capture_03', 'cam_tracking_04'].map(
      (id) => cameras[id],
    );
    expect(byPhoto).toMatchObject(persons.map((count) => ({ frames_in: 1, persons: count })));
  });

  it('misses nobody where one camera sends photos of all aspects', async () => {
    expect((await run(1)).persons).toBe(persons.reduce((sum, count) => sum + count));
  });
});
