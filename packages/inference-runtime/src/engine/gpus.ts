import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { systemCode } from '../onnx/model-file.ts';

const run = promisify(execFile);

/** A GPU as nvidia-smi tells it; what a driver does not know is undefined. */
export interface GpuInfo {
  readonly index: number;
  readonly name: string;
  /** Such as `8.6`; drivers before 510 do not tell. */
  readonly computeCapability: string | undefined;
  readonly driver: string | undefined;
  /** MiB. */
  readonly memoryMb: number | undefined;
}

/** Columns asked for, newest drivers first: older ones refuse the whole question for one column that they do not know. */
const questions: readonly (readonly string[])[] = [
  ['index', 'name', 'driver_version', 'memory.total', 'compute_cap'],
  ['index', 'name', 'driver_version', 'memory.total'],
];

/** `[N/A]`, `[Not Supported]` and the like are values that the driver does not know. */
function known(text: string | undefined): string | undefined {
  return text === undefined || text === '' || /^\[.*\]$/.test(text) ? undefined : text;
}

/** Reads the answer of nvidia-smi to the columns above; lines that are not of a GPU are left out. */
export function parseGpus(csv: string): GpuInfo[] {
  return csv.split('\n').flatMap((line) => {
    const [index, name, driver, memory, capability] = line.split(',').map((column) => column.trim());
    if (index === undefined || !/^\d+$/.test(index) || name === undefined || driver === undefined) return [];
    const computeCapability = known(capability);
    return [
      {
        index: Number(index),
        name,
        driver: known(driver),
        memoryMb: /^\d+$/.test(memory ?? '') ? Number(memory) : undefined,
        computeCapability: /^\d+\.\d+$/.test(computeCapability ?? '') ? computeCapability : undefined,
      },
    ];
  });
}

/** The GPUs of this machine by `nvidia-smi`; none where there is no such program or it fails. */
export async function readGpus(command = 'nvidia-smi'): Promise<GpuInfo[]> {
  for (const columns of questions) {
    try {
      const query = [`--query-gpu=${columns.join(',')}`, '--format=csv,noheader,nounits'];
      const { stdout } = await run(command, query, { timeout: 5000, killSignal: 'SIGKILL' });
      const gpus = parseGpus(stdout);
      if (gpus.length > 0) return gpus;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      // A column that this driver does not know, or no driver: the shorter question tells.
    }
  }
  return [];
}

/** The GPU that a process uses as `deviceId`: CUDA_VISIBLE_DEVICES, where it holds numbers, picks and orders them. */
export function gpuOfDevice(
  gpus: readonly GpuInfo[],
  deviceId: number,
  visible: string | undefined = process.env['CUDA_VISIBLE_DEVICES'],
): GpuInfo | undefined {
  if (visible === undefined || visible === '') return gpus.find(({ index }) => index === deviceId);
  const chosen = visible.split(',')[deviceId]?.trim() ?? '';
  return /^\d+$/.test(chosen) ? gpus.find(({ index }) => index === Number(chosen)) : undefined;
}

/** A GPU's name as part of a file name: `NVIDIA GeForce RTX 3080` becomes `rtx3080`. */
export function gpuTag(name: string): string {
  return name
    .toLowerCase()
    .replace(/nvidia|geforce|tesla|quadro/g, '')
    .replace(/[^a-z0-9]+/g, '');
}
