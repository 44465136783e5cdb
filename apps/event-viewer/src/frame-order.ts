/** Workers to remember for one camera. */
const maxWorkers = 16;

/** Detects events that a worker published out of stream order. */
export interface FrameOrder {
  /** Whether this frame is older than an earlier one of the worker. */
  check(workerId: string, frameId: string): boolean;
}

/** The number of a stream entry id `milliseconds-sequence`; undefined if it is none. */
function numberOf(frameId: string): bigint | undefined {
  const match = /^(\d{1,20})-(\d{1,20})$/.exec(frameId);
  const [, ms, sequence] = match ?? [];
  return ms === undefined || sequence === undefined ? undefined : (BigInt(ms) << 64n) + BigInt(sequence);
}

/**
 * For one camera. Order counts for each worker, because events that another worker took over after a crash may
 * come late.
 */
export function createFrameOrder(): FrameOrder {
  const latest = new Map<string, bigint>();
  return {
    check(workerId, frameId) {
      const number = numberOf(frameId);
      if (number === undefined) return false;
      const worker = workerId.slice(0, 128);
      const before = latest.get(worker);
      if (before !== undefined && number < before) return true;
      latest.delete(worker);
      latest.set(worker, number);
      const [oldest] = latest.keys();
      if (latest.size > maxWorkers && oldest !== undefined) latest.delete(oldest);
      return false;
    },
  };
}
