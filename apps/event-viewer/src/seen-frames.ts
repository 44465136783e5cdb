import { hash } from 'node:crypto';

/** Remembers the latest frames, so that one that comes again is noticed. */
export interface SeenFrames {
  /** Whether this frame came before; remembers it. */
  check(cameraId: string, frameId: string): boolean;
}

/**
 * @param capacity Frames that are remembered, of all cameras together; the oldest is forgotten first. A digest of
 * each is kept, so its size does not depend on what the names are.
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
