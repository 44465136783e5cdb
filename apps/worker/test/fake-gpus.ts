import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A machine with GPUs, as far as a program can ask nvidia-smi: a fake of that name, as no GPU can be had here. */
export interface FakeGpus extends AsyncDisposable {
  /** Holds the fake and nothing else. */
  readonly PATH: string;
}

interface FakeGpu {
  readonly utilizationPct: number;
  readonly memoryUsedMb: number;
}

const echo = (lines: readonly string[]): string => lines.map((line) => `echo '${line}'`).join('; ');

/** Puts a fake nvidia-smi that tells these GPUs, from 0 on, where PATH finds it. */
export async function fakeGpus(gpus: readonly FakeGpu[]): Promise<FakeGpus> {
  const kinds = gpus.map((_, index) => `${index}, Fake GPU, 535.0, 10240, 8.6`);
  const use = gpus.map(({ utilizationPct, memoryUsedMb }, at) => `${at}, ${utilizationPct}, ${memoryUsedMb}`);
  const script = `#!/bin/sh
# A fake nvidia-smi, and no other answer.
case "$1" in
  *compute_cap) ${echo(kinds)} ;;
  *utilization*) ${echo(use)} ;;
  *) echo "fake nvidia-smi does not know $1" >&2; exit 1 ;;
esac
`;
  const PATH = await mkdtemp(join(tmpdir(), 'trinetra-fake-gpus-'));
  const program = join(PATH, 'nvidia-smi');
  await writeFile(program, script);
  await chmod(program, 0o755);
  return { PATH, [Symbol.asyncDispose]: () => rm(PATH, { recursive: true }) };
}

/** Two of them. */
export const fakeTwoGpus = (): Promise<FakeGpus> =>
  fakeGpus([
    { utilizationPct: 41, memoryUsedMb: 2417 },
    { utilizationPct: 7, memoryUsedMb: 1200 },
  ]);
