import { expect, it } from 'vitest';
import { createFleetTelemetry } from './fleet-telemetry.ts';

it('counts each GPU of the fleet from 0 on, so that the first restart shows in rate()', async () => {
  const telemetry = createFleetTelemetry([0, 3]);
  telemetry.restarted(3);
  telemetry.up(0, true);
  telemetry.scrapeFailed(3);
  const text = await telemetry.registry.metrics();
  const lines = text.split('\n').filter((line) => line.startsWith('trinetra_'));
  expect(lines).toEqual([
    'trinetra_worker_restarts_total{gpu="0"} 0',
    'trinetra_worker_restarts_total{gpu="3"} 1',
    'trinetra_worker_up{gpu="0"} 1',
    'trinetra_worker_up{gpu="3"} 0',
    'trinetra_worker_scrape_failures_total{gpu="0"} 0',
    'trinetra_worker_scrape_failures_total{gpu="3"} 1',
  ]);
  expect(text).toMatch(/^process_resident_memory_bytes \d/m);
});

it('tells nothing of GPUs that are not its own', async () => {
  const telemetry = createFleetTelemetry([1]);
  telemetry.setGpuSamples([0, 1].map((index) => ({ index, utilizationPct: 5, memoryUsedMb: 6 })));
  const text = await telemetry.registry.metrics();
  expect(text.match(/^trinetra_gpu_.*/gm)).toEqual([
    'trinetra_gpu_utilization_pct{gpu="1"} 5',
    'trinetra_gpu_vram_used_mb{gpu="1"} 6',
  ]);
});
