import type { Frame } from './frame.ts';

/** A frame of A and the same one of B, or a frame of one side only. */
export interface FramePair {
  readonly a: Frame | undefined;
  readonly b: Frame | undefined;
}

/** Default of {@link PairOptions.maxHeldBytes}: 256 MB of A, and as much of B. */
const maxHeldBytes = 256 * 1024 * 1024;

export interface PairOptions {
  /** Most memory of a side's waiting frames, bytes. Past it the oldest is given up. */
  readonly maxHeldBytes?: number;
  /** Called for each frame that is given up. It then counts as missing on the other side. */
  readonly onGivenUp?: (() => void) | undefined;
}

const idOf = ({ cameraId, frameId }: Frame): string => `${cameraId.length}:${cameraId}${frameId}`;
const timeOf = ({ cameraId, ingestTs }: Frame): string => `${cameraId.length}:${cameraId}${ingestTs}`;

/** Frames of one side that wait for the other side, oldest first. */
class HeldFrames {
  readonly #byId = new Map<string, Frame>();
  /** Several if they reached the ingestor at the same time, in order. */
  readonly #byTime = new Map<string, Frame[]>();
  bytes = 0;

  add(frame: Frame): void {
    this.#byId.set(idOf(frame), frame);
    const time = timeOf(frame);
    const atOnce = this.#byTime.get(time);
    if (atOnce === undefined) this.#byTime.set(time, [frame]);
    else atOnce.push(frame);
    this.bytes += frame.bytes;
  }

  withIdOf(other: Frame): Frame | undefined {
    return this.#byId.get(idOf(other));
  }

  withTimeOf(other: Frame): Frame | undefined {
    return this.#byTime.get(timeOf(other))?.[0];
  }

  oldest(): Frame | undefined {
    return this.#byId.values().next().value;
  }

  remove(frame: Frame): void {
    this.#byId.delete(idOf(frame));
    const time = timeOf(frame);
    const rest = (this.#byTime.get(time) ?? []).filter((other) => other !== frame);
    if (rest.length === 0) this.#byTime.delete(time);
    else this.#byTime.set(time, rest);
    this.bytes -= frame.bytes;
  }

  all(): Iterable<Frame> {
    return this.#byId.values();
  }
}

interface Side {
  readonly frames: AsyncIterator<Frame>;
  readonly held: HeldFrames;
  /** Time of the last read frame, s; Infinity at the end. */
  at: number;
}

/**
 * Finds the frames that are in both. It reads A and B in step: always the side that is behind by `ingest_ts`.
 * It holds only frames that the other side has not had yet.
 *
 * Frames match by camera and `frame_id`. While none has matched so, they match by camera and `ingest_ts`, in
 * order if several have the same: a replayed frame has another id, and keeps its time. Each frame comes once,
 * in any order.
 */
export async function* pairFrames(
  a: AsyncIterable<Frame>,
  b: AsyncIterable<Frame>,
  options: PairOptions = {},
): AsyncGenerator<FramePair> {
  const limit = options.maxHeldBytes ?? maxHeldBytes;
  const sideOf = (frames: AsyncIterable<Frame>): Side => ({
    frames: frames[Symbol.asyncIterator](),
    held: new HeldFrames(),
    at: -Infinity,
  });
  const [sideA, sideB] = [sideOf(a), sideOf(b)];
  const pairOf = (side: Side, own: Frame | undefined, other?: Frame): FramePair =>
    side === sideA ? { a: own, b: other } : { a: other, b: own };
  let haveSameIds = false;
  try {
    while (sideA.at < Infinity || sideB.at < Infinity) {
      const [side, otherSide] = sideA.at <= sideB.at ? [sideA, sideB] : [sideB, sideA];
      const { done, value: frame } = await side.frames.next();
      side.at = done === true ? Infinity : Math.min(frame.ingestTs, Number.MAX_VALUE);
      if (done === true) continue;
      const sameId = otherSide.held.withIdOf(frame);
      haveSameIds ||= sameId !== undefined;
      const same = sameId ?? (haveSameIds ? undefined : otherSide.held.withTimeOf(frame));
      if (same !== undefined) {
        otherSide.held.remove(same);
        yield pairOf(side, frame, same);
        continue;
      }
      side.held.add(frame);
      for (let old = side.held.oldest(); old !== undefined && side.held.bytes > limit; ) {
        side.held.remove(old);
        options.onGivenUp?.();
        yield pairOf(side, old);
        old = side.held.oldest();
      }
    }
    for (const side of [sideA, sideB]) {
      for (const frame of side.held.all()) yield pairOf(side, frame);
    }
  } finally {
    await Promise.all([sideA.frames.return?.(), sideB.frames.return?.()]);
  }
}
