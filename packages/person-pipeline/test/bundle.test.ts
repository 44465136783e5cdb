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

const root = new URL('../../../', import.meta.url);
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

const shared: BuildOptions = {
  absWorkingDir: fileURLToPath(new URL('packages/person-pipeline/', root)),
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  conditions: ['@trinetra/source'],
  external: Object.keys(external),
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trinetra-bundle-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The first example of the README in a bundle, in a folder that has only what stays out of it. */
async function bundle(entries: Readonly<Record<string, string>>): Promise<void> {
  const readme = readFileSync(new URL('packages/person-pipeline/README.md', root), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  await build({
    stdin: { contents: code, loader: 'ts', resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    outfile: join(folder, 'service.js'),
    ...shared,
  });
  await build({ entryPoints: entries, outdir: folder, ...shared });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const [name, owner] of Object.entries(external)) {
    const target = join(folder, 'node_modules', name);
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(realpathSync(new URL(`packages/${owner}/node_modules/${name}`, root)), target);
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

it('runs from a bundle of esbuild with the threads beside it and only native packages installed', async () => {
  await bundle(threads);
  const { status, stdout, stderr } = await runService();
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(parseDetectionEvent(stdout)).toMatchObject({ frame_id: 'scene.jpg', status: 'ok' });
});

it.each([
  ['inference-thread', 'make an entry of @trinetra/inference-runtime/thread'],
  ['decode-thread', 'make an entry of @trinetra/frame-decoder/thread'],
])('says what to do where %s is not beside the bundle', async (missing, advice) => {
  await bundle(Object.fromEntries(Object.entries(threads).filter(([name]) => name !== missing)));
  const { status, stderr } = await runService();
  expect(stderr).toContain(advice);
  expect(status).toBe(1);
});
