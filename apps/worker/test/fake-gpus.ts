import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A machine with GPUs, as far as a program can ask nvidia-smi: a fake of that name, as no GPU can be had here. */
export interface FakeGpus extends AsyncDisposable {
  /** Holds the fake and nothing else. */
  readonly PATH: string;
}

const script = `#!/bin/sh
# A fake nvidia-smi: two GPUs, and no other answer.
case "$1" in
  *compute_cap) echo '0, Fake GPU, 535.0, 10240, 8.6'; echo '1, Fake GPU, 535.0, 10240, 8.6' ;;
  *utilization*) echo '0, 41, 2417'; echo '1, 7, 1200' ;;
  *) echo "fake nvidia-smi does not know $1" >&2; exit 1 ;;
esac
`;

/** Puts a fake nvidia-smi that tells two GPUs, 0 and 1, where PATH finds it. */
export async function fakeTwoGpus(): Promise<FakeGpus> {
  const PATH = await mkdtemp(join(tmpdir(), 'trinetra-fake-gpus-'));
  const program = join(PATH, 'nvidia-smi');
  await writeFile(program, script);
  await chmod(program, 0o755);
  return { PATH, [Symbol.asyncDispose]: () => rm(PATH, { recursive: true }) };
}
