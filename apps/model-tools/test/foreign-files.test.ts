import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { demoModels, type Ended, engineHead, onnxModel } from '@trinetra/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runModels } from './cli.ts';

const { ARCFACE_ENGINE_PATH: arcface = '' } = demoModels();
const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345678\n';
const tensors = [{ name: 'x', dims: ['n'] }];

/** A tiny embedder whose weights lie in `w.data` beside it. */
const embedderByData = onnxModel({
  inputs: [{ name: 'x', dims: ['n', 3, 112, 112] }],
  outputs: [{ name: 'y', dims: ['n', 512] }],
  nodes: [
    { op: 'GlobalAveragePool', inputs: ['x'], outputs: ['pooled'] },
    { op: 'Flatten', inputs: ['pooled'], outputs: ['flat'] },
    { op: 'MatMul', inputs: ['flat', 'w'], outputs: ['y'] },
  ],
  constants: {
    w: {
      dims: [3, 512],
      data: Float32Array.of(),
      external: { location: 'w.data', offset: '0', length: '6144' },
    },
  },
});

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-foreign-'));
});
afterAll(() => rm(folder, { recursive: true }));

function models(args: readonly string[], user?: number): Promise<Ended> {
  return runModels(args, user === undefined ? {} : { uid: user, gid: user });
}

async function put(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

/** A real archive with a real model in it, made by the program of that name. */
async function packed(...command: readonly [string, ...string[]]): Promise<Buffer> {
  await copyFile(arcface, join(folder, 'model.onnx'));
  const [program, ...args] = command;
  return execFileSync(program, args, { cwd: folder, maxBuffer: 1 << 26 });
}

describe('trinetra-models inspect', () => {
  const whole = () => readFile(arcface);

  it.each<[string, string, () => Promise<string | Uint8Array>, RegExp]>([
    ['an empty file', 'a.onnx', async () => '', /it is empty: copy or download it again/],
    ['a Git LFS pointer', 'b.onnx', async () => pointer, /it is a Git LFS pointer: run `git lfs pull`/],
    [
      'a pointer for an engine',
      'c.engine',
      async () => pointer,
      /it is a Git LFS pointer: run `git lfs pull`/,
    ],
    [
      'a page',
      'd.onnx',
      async () => '<!DOCTYPE html><html></html>',
      /it is an HTML page.*: download it again/,
    ],
    ['gzip', 'e.onnx', async () => gzipSync(await whole()), /it is a gzip archive: unpack it/],
    ['tar', 'f.onnx', () => packed('tar', '-cf', '-', 'model.onnx'), /it is a tar archive: unpack it/],
    ['xz', 'g.onnx', () => packed('xz', '-0', '-c', 'model.onnx'), /it is an xz archive: unpack it/],
    [
      'a download cut off',
      'h.onnx',
      async () => (await whole()).subarray(0, 1e6),
      /it is cut: it has 1000000 bytes/,
    ],
    [
      'an engine',
      'i.onnx',
      async () => engineHead({ task: 'detect' }),
      /it is a TensorRT engine: .* ends in \.engine/,
    ],
    ['a model', 'j.engine', whole, /it is an ONNX model: .* ends in \.onnx/],
    [
      'a graph without nodes',
      'k.onnx',
      async () => onnxModel({ inputs: tensors, outputs: tensors, nodes: [] }),
      /it is an ONNX model whose graph has no nodes: export/,
    ],
    ['noise', 'l.onnx', async () => Buffer.alloc(5000, 0x9b), /it is no ONNX model, and nothing else/],
  ])('tells %s', async (_, name, content, message) => {
    const path = await put(name, await content());
    const { code, stdout, stderr } = await models(['inspect', path]);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr).toContain(`the model ${path} cannot be read: `);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('tells a folder, and a file that is not there', async () => {
    await mkdir(join(folder, 'saved.onnx'));
    expect(await models(['inspect', join(folder, 'saved.onnx')])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('it is a folder: name a file in it'),
    });
    expect(await models(['inspect', join(folder, 'none.onnx')])).toMatchObject({
      code: 2,
      stderr: `no such file: ${join(folder, 'none.onnx')}\n`,
    });
  });

  it('says to whom a folder denies access, and not that the file is missing', async () => {
    const closed = join(folder, 'closed');
    await mkdir(closed, { mode: 0 });
    const user = process.geteuid?.() === 0 ? 65534 : process.geteuid?.();
    execFileSync('chmod', ['755', folder]);
    const { code, stderr } = await models(['inspect', join(closed, 'a.onnx')], user);
    expect(stderr).toMatch(/closed\/a\.onnx cannot be read: access is denied \(EACCES\) to /);
    expect(stderr).toContain(`user ${user}, group `);
    expect(code).toBe(2);
    const path = await put('external.onnx', embedderByData);
    await writeFile(join(folder, 'w.data'), new Uint8Array(6144), { mode: 0o200 });
    expect((await models(['inspect', path], user)).stderr).toMatch(
      /"w\.data" with its weights: access is denied/,
    );
    await rm(join(folder, 'w.data'));
  });
});

describe('a model whose weights lie in another file', () => {
  it('has that file shown, and another hash with other weights, which golden files tell too', async () => {
    const found: { inspected: string; golden: string }[] = [];
    for (const level of [1, 2]) {
      const own = await mkdtemp(join(folder, 'external-'));
      await writeFile(join(own, 'm.onnx'), embedderByData);
      await writeFile(
        join(own, 'w.data'),
        Float32Array.from({ length: 1536 }, (_, at) => level + (at % 7)),
      );
      const { sha256, externalFiles } = JSON.parse((await models(['inspect', join(own, 'm.onnx')])).stdout);
      expect(externalFiles).toMatchObject([{ location: 'w.data', bytes: 6144 }]);
      const { stdout } = await models(['golden', join(own, 'm.onnx')]);
      expect(stdout).toContain(`embedder ${sha256}\n`);
      expect(await readFile(join(own, 'm.golden.safetensors'), 'latin1')).toContain(sha256);
      found.push({ inspected: sha256, golden: stdout });
    }
    expect(new Set(found.map(({ inspected }) => inspected)).size).toBe(2);
  });

  it('is refused in a sentence where the file is missing', async () => {
    const path = await put('alone.onnx', embedderByData);
    for (const command of ['inspect', 'golden']) {
      const { code, stderr } = await models([command, path]);
      expect(stderr).toContain(
        `the model ${path} cannot be read: "w.data" with its weights is missing: copy`,
      );
      expect(code).toBe(2);
    }
  });
});

describe('every program ends with 2 and a sentence for a Git LFS pointer', () => {
  it.each([
    ['golden', 'yolo.onnx', []],
    ['plan', 'yolo.onnx', ['--gpu', 'NVIDIA GeForce RTX 3080']],
    ['wrap', 'yolo.engine', ['--output', '/dev/null']],
  ])('trinetra-models %s', async (command, name, options) => {
    const { code, stderr } = await models([command, await put(name, pointer), ...options]);
    expect(stderr).toMatch(
      /^the model [^\n]* it is a Git LFS pointer: run `git lfs pull` in its folder\)?\n$/,
    );
    expect(code).toBe(2);
  });

  it('trinetra-models verify, which goes on with the other files; with 1 where one of these fails', async () => {
    const several = await mkdtemp(join(folder, 'several-'));
    await writeFile(join(several, 'a.onnx'), pointer);
    await copyFile(arcface, join(several, 'b.onnx'));
    const verify = ['verify', several, '--providers', 'cpu'];
    const { code, stdout } = await models(verify);
    expect(stdout).toMatch(/FAILED: .*a\.onnx\n {2}- .*Git LFS pointer.*\nok: .*b\.onnx\n/);
    expect(code).toBe(2);
    const unknownOperator = onnxModel({
      inputs: tensors,
      outputs: [{ name: 'y', dims: ['n'] }],
      nodes: [{ op: 'Nonesuch', inputs: ['x'], outputs: ['y'] }],
    });
    await writeFile(join(several, 'c.onnx'), unknownOperator);
    expect(await models(verify)).toMatchObject({ code: 1 });
  });

  it('trinetra-models verify, of a folder that is none', async () => {
    expect(await models(['verify', join(folder, 'nowhere')])).toMatchObject({
      code: 2,
      stderr: `expected a folder of models but ${join(folder, 'nowhere')} is not there\n`,
    });
  });

  it('trinetra-models bench', async () => {
    const several = await mkdtemp(join(folder, 'bench-'));
    await writeFile(join(several, 'yolov8m.onnx'), pointer);
    const { code, stderr } = await runModels(['bench', '--models', several]);
    expect(stderr).toContain(
      `--models: expected a detector of persons, such as YOLOv8, in ${several} but found none\n`,
    );
    expect(stderr).toMatch(/\n {2}yolov8m\.onnx: the model .* it is a Git LFS pointer: run `git lfs pull`/);
    expect(code).toBe(2);
  });

  it('trinetra-models selftest', async () => {
    const path = await put('yolov8m.onnx', pointer);
    const { code, stdout, stderr } = await runModels(['selftest'], {
      env: { ...demoModels(), YOLO_ENGINE_PATH: path },
    });
    expect(stdout + stderr).toContain(
      `the model ${path} cannot be read: it is a Git LFS pointer: run \`git lfs`,
    );
    expect(stdout + stderr).not.toContain('    at ');
    expect(code).toBe(2);
  });
});
