import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFolder, freePort } from './process.ts';
import { type LocalServer, serve } from './redis.ts';
import { debianPython, rtspCheck } from './tools.ts';

/** An RTSP server with one camera. */
export interface LocalRtspCamera extends LocalServer {
  /** Address of the camera: 640x360, H.264, 25 frames a second, and sound. */
  readonly url: string;
}

/** Whether GStreamer's RTSP server is installed; tests that need a camera are skipped without. */
export function canServeRtsp(): boolean {
  return spawnSync(debianPython, rtspCheck, { stdio: 'ignore' }).status === 0;
}

/** Starts GStreamer's RTSP server on a free loopback port. */
export async function startRtspCamera(): Promise<LocalRtspCamera> {
  const port = await freePort();
  const folder = await createFolder(join(tmpdir(), 'trinetra-rtsp-'));
  const program = fileURLToPath(new URL('rtsp-camera.py', import.meta.url));
  const server = await serve(port, folder, debianPython, [program, String(port)]);
  return Object.assign(server, { url: `rtsp://127.0.0.1:${port}/cam` });
}
