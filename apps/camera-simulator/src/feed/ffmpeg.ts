import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SimulatorError } from '../errors.ts';
import type { PictureSize } from '../pictures.ts';
import type { Source } from './source.ts';

/** The program, found and of a sufficient version. */
export interface Ffmpeg {
  readonly path: string;
  /** Options that keep each picture as it comes: ffmpeg neither repeats nor drops one for a steady rate. */
  readonly passthrough: readonly string[];
}

const howToInstall =
  'Install it: apt-get install ffmpeg (Debian, Ubuntu), brew install ffmpeg (macOS), winget install ffmpeg (Windows)';

/**
 * Finds ffmpeg on the PATH.
 *
 * @param path `FFMPEG` of the environment: where it is.
 * @throws {SimulatorError} `no_ffmpeg`, with how to install it, where it is not found or older than 4.4; `invalid_options` where
 * `FFMPEG` is no ffmpeg.
 */
export async function findFfmpeg(path: string | undefined): Promise<Ffmpeg> {
  const found = await promisify(execFile)(path ?? 'ffmpeg', ['-version']).catch((cause: Error) => {
    if (path === undefined)
      throw new SimulatorError('no_ffmpeg', `ffmpeg cannot be found. ${howToInstall}.`, { cause });
    return { stdout: '' };
  });
  const [, version] = /^ffmpeg version (\S+)/.exec(found.stdout) ?? [];
  if (version === undefined)
    throw new SimulatorError('invalid_options', `FFMPEG: expected the path of ffmpeg but ${path} is not`);
  // Builds that are no release are named by date or commit: those are new.
  const [, major, minor] = /^n?(\d{1,2})\.(\d+)/.exec(version) ?? [];
  const number = major === undefined ? Number.POSITIVE_INFINITY : Number(major) + Number(minor) / 100;
  if (number < 4.04)
    throw new SimulatorError('no_ffmpeg', `ffmpeg ${version} is too old, 4.4 is needed. ${howToInstall}.`);
  return {
    path: path ?? 'ffmpeg',
    passthrough: number < 5.01 ? ['-vsync', '0'] : ['-fps_mode', 'passthrough'],
  };
}

/** Protocols that a network stream may open. Never a file: a playlist could name one of ours. */
const networkProtocols = 'rtsp,rtsps,rtp,srtp,rtmp,rtmps,srt,udp,tcp,tls,http,https,httpproxy,crypto,data';
const fileProtocols = 'file,crypto,data';

function inputArguments({ kind, input }: Source, loop: boolean): string[] {
  const isAddress = input.includes('://');
  const options: Record<string, string | undefined> = {
    // Each further thread delays a picture and costs more.
    '-threads': '2',
    '-protocol_whitelist': isAddress ? networkProtocols : fileProtocols,
    // TCP if the camera has it: a lost UDP packet smears the picture until the next key frame.
    '-rtsp_flags': /^rtsps?:/i.test(input) ? 'prefer_tcp' : undefined,
    // Cameras send no times (MJPEG over HTTP), or wrong ones.
    '-use_wallclock_as_timestamps': kind === 'camera' ? '1' : undefined,
    '-stream_loop': kind === 'film' && loop ? '-1' : undefined,
    '-f': kind === 'device' ? 'v4l2' : undefined,
  };
  const given = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [name, value],
  );
  if (kind === 'film' || kind === 'playlist') given.push('-re');
  // The prefix keeps a path that begins with - or looks like an address from being read as one.
  return [...given, '-i', isAddress || kind === 'device' ? input : `file:${input}`];
}

/**
 * Passes pictures that are due, at most `fps` a second. One may be half a period early, so that jitter costs
 * none. None is repeated. A jump in time, also back, restarts the clock.
 */
function atMost(fps: number): string {
  const period = (1 / fps).toFixed(6);
  const half = (0.5 / fps).toFixed(6);
  // Register 0: when the next is due, seconds.
  const next = `clip(ld(0),t-${half},t+${half})+${period}`;
  return `select='if(between(t,ld(0)-2*${period},ld(0)-${half}),0,1+0*st(0,${next}))'`;
}

/** Colours at full resolution: without it they are off by 2 of 255 on average, and by much more at edges. */
const exactly = ':flags=bicubic+accurate_rnd+full_chroma_int';

/** Requested form of the pictures. */
export interface PictureOptions {
  /** Most pictures a second; undefined: as they come. */
  readonly fps?: number | undefined;
  readonly size: PictureSize;
  readonly loop: boolean;
}

/**
 * The command line that writes pictures to standard output: RGB, 8 bits a channel, row by row. For each it
 * writes a line to standard error with its size before the squash (`showinfo`). Rotated ones come upright.
 */
export function ffmpegArguments(ffmpeg: Ffmpeg, source: Source, options: PictureOptions): string[] {
  const { fps, size, loop } = options;
  const showSize = 'showinfo=checksum=0';
  const filters = [
    ...(fps === undefined ? [] : [atMost(fps)]),
    ...(size === 'original'
      ? [`scale=w=round(iw*sar):h=ih${exactly}`, 'setsar=1', showSize]
      : [showSize, `scale=w=${size.width}:h=${size.height}${exactly}`]),
  ];
  return [
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+info'],
    ...inputArguments(source, loop),
    // The first video stream that is no album cover.
    ...['-map', '0:V:0', '-vf', filters.join(','), ...ffmpeg.passthrough],
    ...['-pix_fmt', 'rgb24', '-f', 'rawvideo', 'pipe:1'],
  ];
}
