import type { ChildProcess } from 'node:child_process';
import { z } from 'zod';
import type { Stop } from '../stop-signals.ts';

/** From a worker to its fleet, once its port is open. */
const portMessage: z.ZodType<{ readonly metricsPort: number }> = z.strictObject({
  metricsPort: z.int().min(1).max(65_535),
});
const stopMessage = z.strictObject({ stop: z.literal(true) });

/** The fleet as one of its workers sees it. */
export interface FleetLink {
  listening(metricsPort: number): void;
}

/**
 * Ties this worker to the fleet that started it: it stops when it is told to, and when the fleet is gone, whatever ended it.
 * Neither counts as a signal: Ctrl-C reaches both processes, and the worker must not take it for a second one.
 */
export function linkToFleet(stop: Stop): FleetLink {
  const lost = (): void => stop.begin({ reason: 'the fleet is gone' });
  process.once('disconnect', lost);
  process.on('message', (message) => {
    if (stopMessage.safeParse(message).success) stop.begin({ reason: 'the fleet stops' });
  });
  if (!process.connected) lost();
  return {
    listening: (metricsPort) => {
      if (process.connected) process.send?.({ metricsPort }, undefined, undefined, () => undefined);
    },
  };
}

/** The port in a message of a worker; undefined where it is another message. */
export function portOf(message: unknown): number | undefined {
  return portMessage.safeParse(message).data?.metricsPort;
}

/** Tells a worker to stop. */
export function tellToStop(child: ChildProcess): void {
  if (!child.connected) {
    child.kill('SIGTERM');
    return;
  }
  child.send({ stop: true }, (error) => {
    if (error !== null) child.kill('SIGTERM');
  });
}
