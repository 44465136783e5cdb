// Preloaded into a real worker. At each SIGUSR2 it appends to OBSERVE_FILE what the main thread did since the
// last one: delays of the event loop, garbage collections, and the heap.
import { appendFileSync } from 'node:fs';
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const resolution = 2;

if (isMainThread) {
  const loop = monitorEventLoopDelay({ resolution });
  loop.enable();
  let collections = 0;
  let pauseMs = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      collections += 1;
      pauseMs += duration;
    }
  }).observe({ entryTypes: ['gc'] });
  process.on('SIGUSR2', () => {
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    const beyond = (ns) => Math.max(0, ns / 1e6 - resolution); // the interval itself is no delay
    appendFileSync(
      process.env.OBSERVE_FILE,
      `${JSON.stringify({
        p50Ms: beyond(loop.percentile(50)),
        p99Ms: beyond(loop.percentile(99)),
        maxMs: beyond(loop.max),
        collections,
        pauseMs,
        heapMb: heapUsed / 1e6,
        externalMb: (external + arrayBuffers) / 1e6,
      })}\n`,
    );
    loop.reset();
    collections = 0;
    pauseMs = 0;
  });
}
