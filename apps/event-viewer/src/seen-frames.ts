import { hash } from 'node:crypto';

/** Remembers the latest frames to detect duplicates. */
export interface SeenFrames {
  /** Whether this frame came before; remembers it. */
  check(cameraId: string, frameId: string): boolean;
}

/**
 * @param capacity Frames to remember, of all cameras together. Forgets the oldest first. Keeps a digest of
 * each, so memory does not depend on the names.
 */
export function createSeenFrames(capacity: number): SeenFrames {
  const seen = new Set<string>();
  return {
    check(cameraId, frameId) {
      const key = hash('sha1', `${cameraId.length}:${cameraId}${frameId}`, 'base64');
      if (seen.has(key)) return true;
      seen.add(key);
      if (seen.size > capacity) {
        const [oldest] = seen;
        if (oldest !== undefined) seen.delete(oldest);
      }
      return false;
    },
  };
}
