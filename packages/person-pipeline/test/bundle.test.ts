import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDetectionEvent } from '@trinetra/contracts';
import { type BuildOptions, build } from 'esbuild';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { demoFiles, sceneJpeg } from './demo.ts';

const own = fileURLToPath(new URL('..', import.meta.url));
/** What stays out of a bundle, as the READMEs say, by the package that brings it. */
const external = {
  'onnxruntime-node': 'inference-runtime',
  sharp: 'frame-decoder',
  '@julusian/jpeg-turbo': 'frame-decoder',
  koffi: 'frame-decoder',
};
const threads = {
  'decode-thread': '@trinetra/frame-decoder/thread',
  'inference-thread': '@trinetra/inference-runtime/thread',
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trinetra-bundle-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The first example of the README in a bundle, in a folder that has only what stays out of it. */
async function bundle(entries: Readonly<Record<string, string>>, options: BuildOptions = {}): Promise<void> {
  const readme = readFileSync(join(own, 'README.md'), 'utf8');
  writeFileSync(join(folder, 'service.ts'), /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '');
  await build({
    entryPoints: { service: join(folder, 'service.ts'), ...entries },
    external: Object.keys(external),
    bundle: true,
    platform: 'node',
    format: 'esm',
    outdir: folder,
    // From the sources, which are not installed here.
    conditions: ['@trinetra/source'],
    alias: { '@trinetra/person-pipeline': join(own, 'src/index.ts') },
    absWorkingDir: own,
    ...options,
  });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const [name, owner] of Object.entries(external)) {
    const target = join(folder, 'node_modules', name);
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(realpathSync(join(own, '..', owner, 'node_modules', name)), target);
  }
}

async function runService(): Promise<{ stdout: string; stderr: string; status: number | null }> {
  const photos = join(folder, 'photos');
  mkdirSync(photos);
  writeFileSync(join(photos, 'scene.jpg'), await sceneJpeg());
  const env = {
    PATH: process.env['PATH'],
    PHOTOS: photos,
    DETECTOR: demoFiles.detectorPath,
    FACES: demoFiles.facePath,
    EMBEDDER: demoFiles.embedderPath,
  };
  return spawnSync(process.execPath, ['service.js'], { cwd: folder, env, encoding: 'utf8' });
}

it.each<[string, BuildOptions]>([
  ['in whole files', {}],
  ['split, as tsup does', { splitting: true }],
])(
  'runs from a bundle of esbuild beside which only native packages are installed: %s',
  async (_, options) => {
    await bundle(threads, options);
    const { status, stdout, stderr } = await runService();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(parseDetectionEvent(stdout)).toMatchObject({ frame_id: 'scene.jpg', status: 'ok' });
  },
);

it.each([
  ['inference-thread', 'make an entry of @trinetra/inference-runtime/thread'],
  ['decode-thread', 'make an entry of @trinetra/frame-decoder/thread'],
])('says what to do where %s is not beside the bundle', async (missing, advice) => {
  await bundle(Object.fromEntries(Object.entries(threads).filter(([name]) => name !== missing)));
  const { status, stderr } = await runService();
  expect(stderr).toContain(advice);
  expect(status).toBe(1);
});
