import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { type FrameEntry, parseFrameEntry } from '@trinetra/contracts';
import type { Redis } from 'ioredis';
import sharp from 'sharp';

/** Whether ffmpeg is installed; tests that need it are skipped without. */
export const hasFfmpeg: boolean = spawnSync('ffmpeg', ['-version']).status === 0;

/** Runs ffmpeg to its end: tests make their films with it. */
export async function ffmpeg(...args: readonly string[]): Promise<void> {
  await promisify(execFile)('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...args]);
}

/** The frames of a camera, as the worker reads them. */
export async function framesOf(redis: Redis, cameraId: string): Promise<FrameEntry[]> {
  const entries = await redis.xrangeBuffer(`frames:${cameraId}`, '-', '+');
  return entries.map(([id, fields]) => {
    const parsed = parseFrameEntry(`frames:${cameraId}`, id.toString(), fields);
    if (!parsed.ok) throw new Error(parsed.message);
    return parsed.entry;
  });
}

/** Mean difference of two pictures, of 255; NaN where their sizes differ. */
export async function difference(a: Uint8Array, b: Uint8Array): Promise<number> {
  const [one, two] = await Promise.all([a, b].map((bytes) => sharp(bytes).removeAlpha().raw().toBuffer()));
  if (one === undefined || one.length !== two?.length) return Number.NaN;
  return one.reduce((sum, value, i) => sum + Math.abs(value - (two[i] ?? 0)), 0) / one.length;
}
