import fc from 'fast-check';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { mergeExpositions } from './merge-expositions.ts';

async function exposition(frames: number, camera: string): Promise<string> {
  const registry = new Registry();
  const registers = [registry];
  new Counter({ name: 'frames_total', help: 'Frames', labelNames: ['camera'], registers }).inc(
    { camera },
    frames,
  );
  new Histogram({ name: 'latency', help: 'Seconds', buckets: [1], registers }).observe(frames);
  new Gauge({ name: 'latency_count_now', help: 'Now', registers }).set(frames);
  return registry.metrics();
}

it('has each metric once, with the samples of all processes below it, each with its labels', async () => {
  const merged = mergeExpositions([
    { labels: { gpu: '0' }, text: await exposition(1, 'a') },
    { labels: { gpu: '1' }, text: await exposition(2, 'b') },
  ]);
  expect(merged).toBe(
    `# HELP frames_total Frames
# TYPE frames_total counter
frames_total{gpu="0",camera="a"} 1
frames_total{gpu="1",camera="b"} 2
# HELP latency Seconds
# TYPE latency histogram
latency_bucket{gpu="0",le="1"} 1
latency_bucket{gpu="0",le="+Inf"} 1
latency_sum{gpu="0"} 1
latency_count{gpu="0"} 1
latency_bucket{gpu="1",le="1"} 0
latency_bucket{gpu="1",le="+Inf"} 1
latency_sum{gpu="1"} 2
latency_count{gpu="1"} 1
# HELP latency_count_now Now
# TYPE latency_count_now gauge
latency_count_now{gpu="0"} 1
latency_count_now{gpu="1"} 2
`,
  );
});

it('leaves series without labels of their own as they are, and keeps time stamps', () => {
  const merged = mergeExpositions([
    { labels: {}, text: 'up 1\n' },
    { labels: { gpu: '0' }, text: 'up 0 1700000000000\nup{} 0\n' },
  ]);
  expect(merged).toBe('up 1\nup{gpu="0"} 0 1700000000000\nup{gpu="0"} 0\n');
});

it('calls a label of the same name exported_, and no other', () => {
  const text = 'used{gpu="3",my_gpu="4",text="gpu=\\"5\\"}"} 1\n';
  expect(mergeExpositions([{ labels: { gpu: '0' }, text }])).toBe(
    'used{gpu="0",exported_gpu="3",my_gpu="4",text="gpu=\\"5\\"}"} 1\n',
  );
});

it('keeps any value of a label as it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.string(), async (camera, gpu) => {
      const registry = new Registry();
      const counter = new Counter({
        name: 'n',
        help: 'h',
        labelNames: ['gpu', 'camera'],
        registers: [registry],
      });
      counter.inc({ gpu, camera });
      const together = (await registry.metrics()).trim();
      const plain = new Registry();
      const other = new Counter({ name: 'n', help: 'h', labelNames: ['camera'], registers: [plain] });
      other.inc({ camera });
      expect(mergeExpositions([{ labels: { gpu }, text: await plain.metrics() }]).trim()).toBe(together);
    }),
  );
});
