import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { errorText } from '@trinetra/contracts';
import { InferenceError } from './errors.ts';

/** The package of ONNX Runtime that models run on here. */
export interface OnnxRuntimePackage {
  readonly name: 'onnxruntime-node' | '@trinetra/onnxruntime-cpu';
  /** Of ONNX Runtime, such as `1.30.0`. */
  readonly version: string;
  /** The folder that holds its binaries for this machine. */
  readonly binaries: string;
}

/** What is needed of the package.json of either package. */
interface Manifest {
  readonly dependencies: { readonly 'onnxruntime-common': string };
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const cpuPackage = '@trinetra/onnxruntime-cpu';
const here = `${process.platform}-${process.arch}`;
const require = createRequire(import.meta.url);

/** The package.json of an installed package; undefined where there is none. */
function manifestOf(name: string, seenFrom: NodeJS.Require): string | undefined {
  try {
    return seenFrom.resolve(`${name}/package.json`);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** What a machine is, as far as the binaries depend on it. */
export interface Machine {
  /** Such as `linux-x64`. */
  readonly platform: string;
  /** Whether its C library is musl, as that of Alpine. */
  readonly musl: boolean;
}

function thisMachine(): Machine {
  if (process.platform !== 'linux') return { platform: here, musl: false };
  const report = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return { platform: here, musl: report.header.glibcVersionRuntime === undefined };
}

/** What to do where ONNX Runtime's binaries are not there. @param platforms Those that have a package of binaries. */
export function adviceFor({ platform, musl }: Machine, platforms: readonly string[]): string {
  if (musl) {
    return `ONNX Runtime has no build for musl (Alpine) on ${platform}: use a Linux with glibc, such as the image node:24-slim`;
  }
  if (platforms.length === 0) {
    return `${cpuPackage} cannot be found: install it beside the program that runs models`;
  }
  if (!platforms.includes(platform)) {
    return `ONNX Runtime has no build for ${platform}, only for ${platforms.join(', ')}`;
  }
  return `${cpuPackage}-${platform} is not installed: install again on this machine, with optional dependencies (npm without --omit=optional)`;
}

/** The binaries for this machine among those of onnxruntime-node, which lie in `napi-v6/linux/x64`. */
function binariesIn(root: string): string | undefined {
  return (existsSync(root) ? readdirSync(root) : [])
    .map((api) => join(root, api, process.platform, process.arch))
    .find((folder) => existsSync(join(folder, 'onnxruntime_binding.node')));
}

/**
 * Finds ONNX Runtime without loading it: `onnxruntime-node`, which also runs on GPUs, if it is installed and has
 * binaries for this machine, else `@trinetra/onnxruntime-cpu`.
 *
 * @throws {InferenceError} `runtime_missing`, with what to do.
 */
export function findOnnxRuntime(): OnnxRuntimePackage {
  const full = manifestOf('onnxruntime-node', require);
  const own = full === undefined ? undefined : binariesIn(join(dirname(full), 'bin'));
  if (full !== undefined && own !== undefined) {
    return { name: 'onnxruntime-node', version: versionIn(require(full) as Manifest), binaries: own };
  }
  const cpu = manifestOf(cpuPackage, require);
  const manifest = cpu === undefined ? undefined : (require(cpu) as Manifest);
  if (cpu !== undefined && manifest !== undefined) {
    const binaries = manifestOf(`${cpuPackage}-${here}`, createRequire(cpu));
    if (binaries !== undefined) {
      return { name: cpuPackage, version: versionIn(manifest), binaries: dirname(binaries) };
    }
  }
  const platforms = Object.keys(manifest?.optionalDependencies ?? {});
  throw new InferenceError(
    'runtime_missing',
    adviceFor(
      thisMachine(),
      platforms.map((name) => name.slice(cpuPackage.length + 1)),
    ),
  );
}

const versionIn = ({ dependencies }: Manifest): string => dependencies['onnxruntime-common'];

/** The API that both packages export. */
type OnnxRuntime = typeof import('onnxruntime-common');

let loaded: OnnxRuntime | undefined;

/**
 * ONNX Runtime, loaded at the first call. Only inference threads may call it.
 *
 * @throws {InferenceError} `runtime_missing` where its binaries are not there, or the system refuses them.
 */
export function onnxRuntime(): OnnxRuntime {
  if (loaded !== undefined) return loaded;
  const { name } = findOnnxRuntime();
  try {
    loaded = require(name) as OnnxRuntime;
    return loaded;
  } catch (error) {
    const { musl } = thisMachine();
    const advice = musl ? `: ${adviceFor({ platform: here, musl }, [])}` : '';
    throw new InferenceError(
      'runtime_missing',
      `${name} cannot be loaded on ${here} (${errorText(error)})${advice}`,
      { cause: error },
    );
  }
}
