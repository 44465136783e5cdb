import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCanvas } from '@napi-rs/canvas';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planAspects } from './camera-aspects.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'camera-aspects-'));
  for (const [name, width, height] of [
    ['a.png', 120, 80],
    ['b.jpg', 160, 90],
  ] as const) {
    const canvas = createCanvas(width, height);
    const bytes = name.endsWith('png') ? await canvas.encode('png') : await canvas.encode('jpeg', 90);
    await writeFile(join(folder, name), bytes);
  }
});
afterEach(() => rm(folder, { recursive: true }));

describe('planAspects', () => {
  it('tells the worker the aspect of each camera', async () => {
    const aspects = 'cam_entrance_01=120x80,cam_billing_02=160x90,cam_face_capture_03=120x80';
    expect(await planAspects(folder, 3)).toEqual({
      env: { CAMERA_ASPECTS: aspects },
      flags: [],
      note: undefined,
    });
  });

  it('has frames say their sizes where there are more aspects than cameras, and says so', async () => {
    const plan = await planAspects(folder, 1);
    expect(plan).toMatchObject({ env: {}, flags: ['--sizes'] });
    expect(plan.note).toMatch(/^The pictures have more aspects than there are cameras.*--sizes/);
  });

  it('leaves generated scenes to the default of the worker', async () => {
    expect(await planAspects(undefined, 8)).toEqual({ env: {}, flags: [], note: undefined });
  });

  it('says before anything is started which picture cannot be read', async () => {
    await writeFile(join(folder, 'c.jpg'), 'no picture');
    await expect(planAspects(folder, 8)).rejects.toMatchObject({
      code: 'invalid_options',
      message: expect.stringMatching(/^--frames: cannot read .*c\.jpg: /),
    });
  });
});
