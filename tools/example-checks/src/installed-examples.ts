import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { leastNode, packPackages } from '@trinetra/test-support';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const scope = '@trinetra/';
/** What consumers type-check with; the libraries under them are checked, too. */
const compilerOptions = {
  target: 'es2023',
  lib: ['es2024', 'esnext.disposable'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  allowImportingTsExtensions: true,
  skipLibCheck: false,
  noEmit: true,
};

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** The least Node that packages run on, where there is one, else this one. */
export const node: string = leastNode ?? process.execPath;
const withNode = {
  ...process.env,
  PATH: [dirname(node), process.env['PATH']].join(delimiter),
};

const readJson = async (...path: readonly string[]): Promise<Manifest> =>
  JSON.parse(await readFile(join(root, ...path, 'package.json'), 'utf8'));

const ownPlatform = `${process.platform}-${process.arch}`;
/** Filters that leave out binaries of other machines. */
const noOtherPlatforms = ['darwin', 'linux', 'win32']
  .flatMap((os) => [`${os}-arm64`, `${os}-x64`])
  .filter((platform) => platform !== ownPlatform)
  .map((platform) => `--filter-prod=!${scope}*-${platform}`);

/** Packs what examples need of ours and what has been built; gives the tarballs by the names of their packages. */
async function pack(examples: readonly string[], folder: string): Promise<Record<string, string>> {
  const filters = [...examples.map((name) => `--filter-prod=example-${name}^...`), ...noOtherPlatforms];
  const tarballs = Object.entries(await packPackages(filters, folder));
  return Object.fromEntries(tarballs.map(([name, file]) => [name, `file:${file}`]));
}

/** Copies one example into a folder of its own, and installs it with npm as another team does. */
async function install(
  example: string,
  folder: string,
  tarballs: Readonly<Record<string, string>>,
): Promise<void> {
  await cp(join(root, 'examples', example), folder, {
    recursive: true,
    filter: (path) => !path.includes('node_modules'),
  });
  const manifest = await readJson('examples', example);
  const dependencies = Object.entries(manifest.dependencies ?? {}).map(
    ([name, range]) => [name, tarballs[name] ?? range] as const,
  );
  const standalone = {
    ...manifest,
    dependencies: Object.fromEntries(dependencies),
    devDependencies: { '@types/node': '^22.18.0' },
    overrides: tarballs, // for what they depend on; a registry would have it
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(standalone));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], {
    cwd: folder,
    env: withNode,
  });
}

/** Installs examples from tarballs, each into a folder of its own within `folder`. */
export async function installExamples(examples: readonly string[], folder: string): Promise<void> {
  const tarballs = await pack(examples, join(folder, 'tarballs'));
  for (const example of examples) await install(example, join(folder, example), tarballs);
}

/** What the compiler has against an installed example; empty where nothing. */
export async function typeCheck(folder: string): Promise<string> {
  const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
  const failed = (error: unknown): string =>
    error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error);
  return run(process.execPath, [tsc, '-p', folder]).then(({ stdout }) => stdout, failed);
}
