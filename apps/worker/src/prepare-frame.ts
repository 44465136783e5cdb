import {
  ageOfFrame,
  cameraIdOf,
  cameraLabelOf,
  createWarnOnce,
  describeName,
  type FrameEntry,
  type FrameOutcome,
  type Logger,
  parseFrameEntry,
  timeOfFrame,
} from '@trinetra/contracts';
import { decodeOutcomeOf, type FrameDecoder } from '@trinetra/frame-decoder';
import type { PersonFrame } from '@trinetra/person-pipeline';
import type { Lease } from '@trinetra/redis-batch-source';
import type { Telemetry } from '@trinetra/telemetry';
import type { FollowedFrame, FrameFollower } from '@trinetra/tracing';
import type { AspectOf } from './frame-aspects.ts';

/** A leased frame on its way through the worker; the stages on the engine fill in what they find. */
export interface WorkerFrame extends PersonFrame {
  readonly lease: Lease;
  readonly entry: FrameEntry;
  /** `performance.now()` when its entry was taken up. */
  readonly leasedAt: number;
  /** `performance.now()` when decoding ended. */
  readonly readyAt: number;
  /** Undefined where frames are not followed. */
  readonly followed: FollowedFrame | undefined;
}

/** A leased entry whose outcome is known without the engine. */
interface RefusedFrame {
  readonly ok: false;
  readonly lease: Lease;
  readonly cameraId: string;
  readonly outcome: FrameOutcome;
  readonly reason: string;
  readonly followed: FollowedFrame | undefined;
}

export type PrepareResult = { readonly ok: true; readonly frame: WorkerFrame } | RefusedFrame;

export interface PrepareFrameOptions {
  readonly decoder: FrameDecoder;
  readonly aspectOf: AspectOf;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  readonly maxFrameAgeMs: number | null;
  readonly follower: FrameFollower | undefined;
}

/** Makes the function that turns a lease into decoded pixels, or into the reason why there are none. */
export function createPrepareFrame({
  decoder,
  aspectOf,
  telemetry,
  logger,
  maxFrameAgeMs,
  follower,
}: PrepareFrameOptions): (lease: Lease) => Promise<PrepareResult> {
  const warnOnce = createWarnOnce(logger);
  return async (lease) => {
    const leasedAt = performance.now();
    const follow = (entry?: FrameEntry, queuedMs?: number): FollowedFrame | undefined =>
      follower?.begin({
        cameraId: cameraLabelOf(lease.streamKey),
        frameId: lease.entryId,
        leasedAt,
        queuedMs,
        traceContext: entry?.traceContext,
      });
    const refuse = (
      followed: FollowedFrame | undefined,
      outcome: FrameOutcome,
      reason: string,
      message: string,
    ): PrepareResult => {
      followed?.note({ reason, message });
      const cameraId = cameraLabelOf(lease.streamKey);
      return { ok: false, lease, cameraId, outcome, reason, followed };
    };
    const parsed = parseFrameEntry(lease.streamKey, lease.entryId, lease.fields);
    if (!parsed.ok) {
      const camera = describeName(cameraIdOf(lease.streamKey));
      const said = {
        camera_id: camera,
        frame_id: lease.entryId,
        reason: parsed.problem,
        detail: parsed.message,
      };
      warnOnce(`${parsed.problem} ${lease.streamKey}`, said, 'entries of this camera are refused');
      return refuse(follow(), 'corrupt', parsed.problem, parsed.message);
    }
    const { entry } = parsed;
    const nowMs = Date.now();
    const takenAtMs = timeOfFrame(entry, nowMs);
    const ageMs = ageOfFrame(entry, nowMs);
    if (takenAtMs !== entry.ingestTs * 1000) {
      const said = { camera_id: entry.cameraId, frame_id: entry.frameId, ingestTs: entry.ingestTs };
      const then =
        ageMs === undefined ? 'its latency is not told' : 'its latency counts from the id of the entry';
      warnOnce(`ingest_ts ${lease.streamKey}`, said, `ingest_ts of this camera is not of our clock: ${then}`);
    }
    const followed = follow(entry, ageMs);
    if (ageMs !== undefined) {
      if (maxFrameAgeMs !== null && ageMs > maxFrameAgeMs) {
        return refuse(followed, 'stale', 'stale', `expected a frame of at most ${maxFrameAgeMs} ms`);
      }
      telemetry.observeStage('queue', ageMs / 1000);
    }
    const decoded = await decoder.decode(entry.frame, { aspectRatioOf: (size) => aspectOf(entry, size) });
    const readyAt = performance.now();
    telemetry.observeStage('decode', (readyAt - leasedAt) / 1000);
    followed?.stage('decode', leasedAt, readyAt);
    if (!decoded.ok) {
      const { reason, message = reason } = decoded;
      return refuse(followed, decodeOutcomeOf(reason), reason, message);
    }
    const frame = decoded.value;
    return { ok: true, frame: { lease, entry, frame, persons: [], leasedAt, readyAt, followed } };
  };
}
