import type { Manifest, ManifestLine } from './manifest.ts';
import type { RedisWriter } from './redis-writer.ts';

/** Counts of one camera. */
export interface CameraSummary {
  readonly camera_type: string;
  /** Frames that are in the stream now, or were until it was trimmed. */
  frames_in: number;
  /** Damaged ones among them. */
  corrupt: number;
  /** Of sources: pictures replaced by a newer one before Redis took them. */
  dropped?: number;
  /** Of sources: how often the stream failed or ended. */
  outages?: number;
}

/** The summary; its JSON line. */
export interface Summary {
  frames_in: number;
  corrupt: number;
  /** Frames that Redis did not take. */
  write_errors: number;
  /** Time between the first and the last write, seconds. */
  seconds: number;
  /** Delay of the latest frame, ms: large if this machine or Redis cannot keep up. */
  max_late_ms: number;
  readonly cameras: Record<string, CameraSummary>;
}

/** Output and messages of all ways to play. */
export interface Stage {
  readonly writer: RedisWriter;
  readonly manifest: Manifest | undefined;
  /** Ends the run after the frames under way. */
  readonly signal: AbortSignal;
  readonly onProgress?: ((summary: Summary) => void) | undefined;
  readonly onWriteError?: ((reason: string) => void) | undefined;
}

/** A summary of nothing yet. @param more Further counts of each camera. */
export function createSummary(
  cameras: Iterable<readonly [id: string, type: string]>,
  more: Pick<CameraSummary, 'dropped' | 'outages'> = {},
): Summary {
  // A camera may have the name of a property of all objects.
  const counts: Summary['cameras'] = Object.create(null);
  for (const [id, camera_type] of cameras) counts[id] ??= { camera_type, frames_in: 0, corrupt: 0, ...more };
  return { frames_in: 0, corrupt: 0, write_errors: 0, seconds: 0, max_late_ms: 0, cameras: counts };
}

/** Writes entries, and counts and reports what became of each. @param frames What the manifest says of each. */
export async function send(
  summary: Summary,
  entries: Parameters<RedisWriter['write']>[0],
  frames: readonly Omit<ManifestLine, 'frame_id'>[],
  { writer, manifest, onWriteError }: Stage,
): Promise<void> {
  const outcomes = await writer.write(entries);
  for (const [i, { camera_id, ...frame }] of frames.entries()) {
    const outcome = outcomes[i];
    if (outcome?.ok !== true) {
      summary.write_errors += 1;
      onWriteError?.(outcome?.reason ?? 'no answer');
      continue;
    }
    for (const counts of [summary, summary.cameras[camera_id]]) {
      if (counts === undefined) continue;
      counts.frames_in += 1;
      if (frame.corrupt !== undefined) counts.corrupt += 1;
    }
    manifest?.write({ camera_id, frame_id: outcome.value, ...frame });
  }
}
