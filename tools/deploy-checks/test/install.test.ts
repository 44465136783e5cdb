import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leastNode, newestNode, onnxModel, packPackages } from '@trinetra/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inRepository, readText } from '../src/files.ts';

const present = [['the least Node', leastNode] as const, ['the newest Node', newestNode] as const].flatMap(
  ([name, node]) => (node === undefined ? [] : [[name, node] as const]),
);
const cpu = '@trinetra/onnxruntime-cpu';
/** Without what pnpm adds: packages of this repository that every program would find. */
const env = { ...process.env, NODE_PATH: '' };
const ownPlatform = `${process.platform}-${process.arch}`;

/** Doubles three numbers, and prints which package of ONNX Runtime did it. */
const program = `
import { createInferenceRuntime, findOnnxRuntime, InferenceError } from '@trinetra/inference-runtime';
try {
  const runtime = await createInferenceRuntime();
  const model = await runtime.loadModel('model.onnx');
  const x = { type: 'float32', data: Float32Array.of(1, 2, 3), dims: [1, 3] };
  const { outputs } = await model.run({ x });
  console.log(findOnnxRuntime().name, outputs.y.data.join(' '));
  await runtime.close();
} catch (error) {
  if (!InferenceError.isInstance(error)) throw error;
  console.log(error.code, error.message);
  process.exit(1);
}
`;

let folder: string;

/** Packs what `npm install @trinetra/inference-runtime` fetches from us for this machine, and installs it. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trinetra-install-'));
  const packages = ['@trinetra/contracts', '@trinetra/inference-runtime', cpu, `${cpu}-${ownPlatform}`];
  const filters = packages.map((name) => `--filter=${name}`);
  const tarballs = await packPackages(filters, folder);
  expect(Object.keys(tarballs).sort()).toEqual(packages.toSorted());
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  execFileSync('npm', ['install', '--no-audit', '--no-fund', ...Object.values(tarballs)], {
    cwd: folder,
    env,
    stdio: 'pipe',
  });
  writeFileSync(join(folder, 'program.js'), program);
  const factor = { dims: [1], data: Float32Array.of(2) };
  writeFileSync(
    join(folder, 'model.onnx'),
    onnxModel({
      inputs: [{ name: 'x', dims: ['n', 3] }],
      outputs: [{ name: 'y', dims: ['n', 3] }],
      nodes: [{ op: 'Mul', inputs: ['x', 'factor'], outputs: ['y'] }],
      constants: { factor },
    }),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const installed = (name: string): string => join(folder, 'node_modules', name);

/** What a program prints, on this Node or another. */
function run(
  node: string = process.execPath,
  file = 'program.js',
): { readonly status: number | null; readonly printed: string } {
  const { status, stdout, stderr } = spawnSync(node, [file], { cwd: folder, env, encoding: 'utf8' });
  // Node 22 warns that it strips types.
  return { status, printed: (status === 0 ? stdout : `${stdout}${stderr}`).trim() };
}

/** Runs the program while a file or folder is away. */
function runWithout(path: string): ReturnType<typeof run> {
  renameSync(installed(path), join(folder, 'away'));
  try {
    return run();
  } finally {
    renameSync(join(folder, 'away'), installed(path));
  }
}

describe('@trinetra/inference-runtime, installed by npm from its tarball and a registry', () => {
  it('brings no install script, and the binaries of this machine alone', () => {
    const { packages } = JSON.parse(readFileSync(installed('.package-lock.json'), 'utf8')) as {
      packages: Record<string, { hasInstallScript?: boolean }>;
    };
    expect(Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
    const ours = readdirSync(installed('@trinetra')).filter((name) => name.startsWith('onnxruntime-cpu'));
    expect(ours).toEqual(['onnxruntime-cpu', `onnxruntime-cpu-${ownPlatform}`]);
    expect(existsSync(installed('onnxruntime-node'))).toBe(false);
  });

  it('names in each package of binaries the machine that it is for', () => {
    const manifest = JSON.parse(readFileSync(installed(`${cpu}-${ownPlatform}/package.json`), 'utf8'));
    expect(manifest).toMatchObject({ os: [process.platform], cpu: [process.arch] });
    if (process.platform === 'linux') expect(manifest).toMatchObject({ libc: ['glibc'] });
  });

  it('runs a model', () => {
    expect(run()).toEqual({ status: 0, printed: `${cpu} 2 4 6` });
  });

  it.each(present)('runs a model on %s', (_, node) => {
    expect(run(node)).toEqual({ status: 0, printed: `${cpu} 2 4 6` });
  });

  it.each(present)('runs the example of onnxruntime-cpu on %s', (_, node) => {
    const [, example = ''] = /```ts\n(.*?)```/s.exec(readText('packages/onnxruntime-cpu/README.md')) ?? [];
    writeFileSync(join(folder, 'example.ts'), example);
    expect(run(node, 'example.ts')).toEqual({ status: 0, printed: 'Float32Array(3) [ 2, 4, 6 ]' });
  });

  it.skipIf(present.length < 2)('is tried on the least Node, and on one above 24', () => {
    const { engines } = JSON.parse(readText('packages/inference-runtime/package.json')) as {
      engines: { node: string };
    };
    const versions = present.map(([, node]) =>
      execFileSync(node, ['--version'], { encoding: 'utf8' }).trim(),
    );
    expect(`>=${versions[0]?.slice(1)}`).toBe(`${engines.node}.0`);
    expect(Number(/^v(\d+)/.exec(versions[1] ?? '')?.[1])).toBeGreaterThan(24);
  });

  it('takes onnxruntime-node if it is installed beside', () => {
    const real = realpathSync(inRepository('packages/inference-runtime/node_modules/onnxruntime-node'));
    symlinkSync(real, installed('onnxruntime-node'));
    try {
      expect(run()).toEqual({ status: 0, printed: 'onnxruntime-node 2 4 6' });
    } finally {
      rmSync(installed('onnxruntime-node'));
    }
  });

  it('says what to install where the binaries are missing', () => {
    const { status, printed } = runWithout(`${cpu}-${ownPlatform}`);
    expect(printed).toMatch(`runtime_missing ${cpu}-${ownPlatform} is not installed: install again`);
    expect(status).toBe(1);
  });

  it('says what to install where no package of ONNX Runtime is there', () => {
    const { status, printed } = runWithout(cpu);
    expect(printed).toMatch(`runtime_missing ${cpu} cannot be found: install it`);
    expect(status).toBe(1);
  });

  it('says why where the system refuses the binaries', () => {
    const library = readdirSync(installed(`${cpu}-${ownPlatform}`)).find((name) =>
      /^(?:lib)?onnxruntime\.(?!.*node$)/.test(name),
    );
    const { status, printed } = runWithout(`${cpu}-${ownPlatform}/${library}`);
    expect(printed).toMatch(`model_load_failed the model model.onnx cannot be loaded: onnx@cpu: `);
    expect(printed).toMatch(`${cpu} cannot be loaded on ${ownPlatform} (`);
    expect(status).toBe(1);
  });
});
