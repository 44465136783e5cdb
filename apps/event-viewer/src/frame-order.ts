/** Workers of one camera whose latest frame is remembered. */
const maxWorkers = 16;

/** Notices events that leave a worker in another order than the frames have in the stream. */
export interface FrameOrder {
  /** Whether this frame is older than one that the worker has sent before. */
  check(workerId: string, frameId: string): boolean;
}

/** The number of a stream entry id `milliseconds-sequence`; undefined if it is none. */
function numberOf(frameId: string): bigint | undefined {
  const match = /^(\d{1,20})-(\d{1,20})$/.exec(frameId);
  const [, ms, sequence] = match ?? [];
  return ms === undefined || sequence === undefined ? undefined : (BigInt(ms) << 64n) + BigInt(sequence);
}

/** For one camera. Events that another worker took over, after a crash, may come late: the order is that of each worker. */
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
