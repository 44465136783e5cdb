import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createInferenceRuntime } from '../src/index.ts';
import { negation, useModels } from './models.ts';

const write = useModels();

/** How many threads of this process have each niceness. */
function threadsByNiceness(): Map<number, number> {
  const counts = new Map<number, number>();
  for (const thread of readdirSync('/proc/self/task')) {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    // proc_pid_stat(5): nice is the 19th field, the 17th behind the name, which may hold spaces.
    const niceness = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
    counts.set(niceness, (counts.get(niceness) ?? 0) + 1);
  }
  return counts;
}

describe.runIf(process.platform === 'linux')('threads that run models on the CPU', () => {
  it.each([0, 7])('are nicer than the rest by %d', async (cpuNiceness) => {
    const before = threadsByNiceness();
    const [own = 0] = [...before.keys()].toSorted((a, b) => a - b);
    await using runtime = await createInferenceRuntime({ intraOpThreads: 2, cpuNiceness });
    await runtime.loadModel(await write('a.onnx', negation));
    await runtime.loadModel(await write('b.onnx', negation)); // is not lowered twice
    const after = threadsByNiceness();
    // The thread itself and one of each session.
    if (cpuNiceness > 0) expect(after.get(own + cpuNiceness)).toBe(3);
    expect([...after.keys()].toSorted((a, b) => a - b)).toEqual(
      cpuNiceness > 0 ? [own, own + cpuNiceness] : [own],
    );
  });
});
