import { duration, plural } from './words.ts';

/**
 * State of a camera: the first that holds. Worst first, as on the page:
 *
 * - `waiting`: its events wait, because the sink takes none.
 * - `corrupt`: most of what arrives cannot be read.
 * - `silent`: it delivered before, and nothing arrives now.
 * - `behind`: its frames wait for long, or its events come late.
 * - `stale`: frames are dropped because they are too old.
 * - `unknown`: Redis does not answer. It takes the place of all that only Redis could tell.
 * - `new`: it has a stream, and this worker has had no frame of it yet.
 * - `live`: none of these.
 */
export type CameraState = 'waiting' | 'corrupt' | 'silent' | 'behind' | 'stale' | 'unknown' | 'new' | 'live';

/** Bounds of the rules. */
export const cameraBounds = {
  /**
   * More than half is "most": a camera or an ingestor that is broken, and no single picture that was damaged on
   * the way.
   */
  corruptShare: 0.5,
  /**
   * Longer than the window of the rates (10 s): a camera of one frame in ten seconds is not called silent
   * between two.
   */
  silentSeconds: 15,
  /** A slower camera is silent after five of its usual gaps: one or two late frames do not count. */
  silentGaps: 5,
  /**
   * Five batches on two CPU cores take 2 s: a worker that keeps up stays well below. Half of what
   * `InferenceFramesWaitLong` alerts of.
   */
  behindSeconds: 5,
  /** 80 of the 100 frames that a stream keeps, as in `InferenceStreamNearMaxlen`: Redis trims the oldest soon. */
  behindFrames: 80,
};

/** Facts about a camera. Frames are those of the window. */
export interface CameraFacts {
  /** Inferred frames whose events are not with the sink yet. */
  readonly eventsWaiting: number;
  /** Frames whose events were published. */
  readonly published: number;
  /** Frames that ended, and how many of them could not be read or were too old. */
  readonly ended: number;
  readonly corrupt: number;
  readonly stale: number;
  /** Whether this worker ever had a frame from it. */
  readonly hasDelivered: boolean;
  /** Since the last frame arrived. */
  readonly quietSeconds: number;
  /** Mean time between two frames as far as is known; 0 if it is not. */
  readonly usualGapSeconds: number;
  readonly unread: number;
  /** Null if nothing tells it. */
  readonly oldestUnreadAgeSeconds: number | null;
  /** From ingest to published event, of the last ten seconds with events; null without. */
  readonly p95Seconds: number | null;
}

/** What the camera depends on. */
export interface Surroundings {
  readonly redisOk: boolean;
  /** False if the sink takes no events, or `some` if it takes those of other partitions. */
  readonly sinkOk: true | 'some' | false;
}

/** A state, and the figure that it was told by, in a few words; empty if there is nothing to add. */
export interface Judgement {
  readonly state: CameraState;
  readonly note: string;
}

/** Finds the state of a camera. */
export function judgeCamera(camera: CameraFacts, { redisOk, sinkOk }: Surroundings): Judgement {
  const { eventsWaiting, ended, corrupt, stale, unread, oldestUnreadAgeSeconds, p95Seconds } = camera;
  // If other partitions take events, a waiting one may be just under way.
  const waits = sinkOk === false ? eventsWaiting > 0 : eventsWaiting > 0 && camera.published === 0;
  if (sinkOk !== true && waits) {
    const verb = eventsWaiting === 1 ? 'waits' : 'wait';
    return { state: 'waiting', note: `${plural(eventsWaiting, 'event')} ${verb} in memory` };
  }
  if (!redisOk) return { state: 'unknown', note: 'whether frames arrive is not known' };
  if (corrupt > ended * cameraBounds.corruptShare) {
    return { state: 'corrupt', note: `${Math.round((corrupt / ended) * 100)} % cannot be read` };
  }
  if (!camera.hasDelivered && unread === 0) return { state: 'new', note: 'no frame yet' };
  const bound = Math.max(cameraBounds.silentSeconds, cameraBounds.silentGaps * camera.usualGapSeconds);
  if (unread === 0 && camera.quietSeconds > bound) {
    return { state: 'silent', note: `no frame for ${duration(camera.quietSeconds)}` };
  }
  if ((oldestUnreadAgeSeconds ?? 0) > cameraBounds.behindSeconds) {
    return { state: 'behind', note: `oldest unread frame waits ${duration(oldestUnreadAgeSeconds ?? 0)}` };
  }
  if (unread > cameraBounds.behindFrames) return { state: 'behind', note: `${unread} frames are unread` };
  if ((p95Seconds ?? 0) > cameraBounds.behindSeconds) {
    return { state: 'behind', note: `events come ${duration(p95Seconds ?? 0)} late` };
  }
  if (stale > 0) return { state: 'stale', note: `${plural(stale, 'frame')} too old` };
  return { state: 'live', note: '' };
}
