import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createRecordingLogger } from '../test/recording-logger.ts';
import type { GpuSample } from './gpu-metrics.ts';
import { createGpuPoller, type GpuPoller, type GpuPollerOptions } from './gpu-poller.ts';
import { parseNvidiaSmi } from './parse-nvidia-smi.ts';

describe('parseNvidiaSmi', () => {
  it.each<[string, string, GpuSample[]]>([
    ['one GPU', '0, 41, 2417\n', [{ index: 0, utilizationPct: 41, memoryUsedMb: 2417 }]],
    [
      'two GPUs, Windows line ends',
      '0, 0, 0\r\n1, 100, 81559\r\n',
      [
        { index: 0, utilizationPct: 0, memoryUsedMb: 0 },
        { index: 1, utilizationPct: 100, memoryUsedMb: 81_559 },
      ],
    ],
    ['no utilisation (MIG)', '0, [N/A], 12', [{ index: 0, utilizationPct: undefined, memoryUsedMb: 12 }]],
    [
      'nothing known',
      '0, [Not Supported], [Unknown Error]',
      [{ index: 0, utilizationPct: undefined, memoryUsedMb: undefined }],
    ],
    ['no GPU', 'No devices were found\n', []],
    ['a failure', "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver, 1, 2\n", []],
    ['nothing', '', []],
  ])('reads %s', (_name, csv, samples) => {
    expect(parseNvidiaSmi(csv)).toEqual(samples);
  });
});

describe('createGpuPoller', () => {
  let folder = '';
  let command = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trinetra-fake-gpu-'));
    command = join(folder, 'fake-nvidia-smi');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function fake(script: string): Promise<void> {
    await rm(command, { force: true });
    await writeFile(command, `#!/bin/sh\n${script}\n`);
    await chmod(command, 0o755);
  }

  function pollerOf(options: Partial<GpuPollerOptions> = {}): {
    poller: GpuPoller;
    seen: (readonly GpuSample[])[];
    lines: ReturnType<typeof createRecordingLogger>['lines'];
  } {
    const { logger, lines } = createRecordingLogger();
    const seen: (readonly GpuSample[])[] = [];
    const telemetry = { setGpuSamples: (samples: readonly GpuSample[]): void => void seen.push(samples) };
    const poller = createGpuPoller({ telemetry, logger, command, intervalMs: 3_600_000, ...options });
    onTestFinished(() => poller.close());
    return { poller, seen, lines };
  }

  it('asks the program for what it reads, at once and again', async () => {
    await fake(`echo "$@" >> '${folder}/arguments'; echo '0, 41, 2417'`);
    const { poller, seen } = pollerOf({ intervalMs: 1 });
    const answer = [{ index: 0, utilizationPct: 41, memoryUsedMb: 2417 }];
    expect(await poller.poll()).toEqual(answer);
    await vi.waitFor(() => expect(seen.length).toBeGreaterThanOrEqual(3), 10_000);
    expect(seen[2]).toEqual(answer);
    // Appended to: a call that is just beginning never empties what this reads.
    const [first] = (await readFile(join(folder, 'arguments'), 'utf8')).split('\n');
    expect(first).toBe('--query-gpu=index,utilization.gpu,memory.used --format=csv,noheader,nounits');
  });

  it('says once that there is no program, and stops', async () => {
    const { poller, seen, lines } = pollerOf({ command: join(folder, 'missing-nvidia-smi'), intervalMs: 1 });
    expect(await poller.poll()).toEqual([]);
    expect(seen.every((samples) => samples.length === 0)).toBe(true);
    expect(lines.map(({ level }) => level)).toEqual(['info']);
  });

  it('takes the values away when the GPU stops answering, and gives them back', async () => {
    await fake('echo "0, 1, 2"');
    const { poller, seen, lines } = pollerOf();
    await poller.poll();
    await fake('echo "GPU is lost" >&2; exit 15');
    await poller.poll();
    await fake('echo "0, 3, 4"');
    await poller.poll();
    expect(seen.map((samples) => samples.length)).toEqual([1, 0, 1]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 'warn', message: 'the GPU did not answer' });
  });

  it('gives up on a program that hangs', async () => {
    await fake('exec sleep 60');
    const { poller, lines } = pollerOf({ timeoutMs: 50 });
    expect(await poller.poll()).toEqual([]);
    expect(lines).toHaveLength(1);
  });

  it('ends a program under way when it is closed, tells nobody and asks no more', async () => {
    await fake('exec sleep 60');
    const { poller, seen, lines } = pollerOf();
    const pending = poller.poll();
    await poller.close();
    expect(await pending).toEqual([]);
    expect(await poller.poll()).toEqual([]);
    expect(seen).toEqual([]);
    expect(lines).toEqual([]);
  });
});
