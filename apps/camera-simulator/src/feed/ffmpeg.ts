import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SimulatorError } from '../errors.ts';
import type { PictureSize } from '../pictures.ts';
import type { Source } from './source.ts';

/** The program, found and of a version that will do. */
export interface Ffmpeg {
  readonly path: string;
  /** Options that keep each picture as it comes: none is repeated or dropped for the sake of a steady rate. */
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

/** What a stream on the network may open beside itself. Never a file: a playlist could name one of ours. */
const networkProtocols = 'rtsp,rtsps,rtp,srtp,rtmp,rtmps,srt,udp,tcp,tls,http,https,httpproxy,crypto,data';
const fileProtocols = 'file,crypto,data';

function inputArguments({ kind, input }: Source, loop: boolean): string[] {
  const isAddress = input.includes('://');
  const options: Record<string, string | undefined> = {
    // More threads hold back a picture each, and cost more.
    '-threads': '2',
    '-protocol_whitelist': isAddress ? networkProtocols : fileProtocols,
    // TCP where the camera has it: a lost packet of UDP smears the picture until the next key frame.
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
 * Lets a picture through where it is due, `fps` times a second at most. One may come half a period early, so that jitter
 * costs none, and none is repeated. Times that jump, back too, begin anew.
 */
function atMost(fps: number): string {
  const period = (1 / fps).toFixed(6);
  const half = (0.5 / fps).toFixed(6);
  // Register 0: when the next is due, seconds.
  const next = `clip(ld(0),t-${half},t+${half})+${period}`;
  return `select='if(between(t,ld(0)-2*${period},ld(0)-${half}),0,1+0*st(0,${next}))'`;
}

/** Colours at full resolution: otherwise they are off by 2 of 255 on average, and by much more at edges. */
const exactly = ':flags=bicubic+accurate_rnd+full_chroma_int';

/** How the pictures are wanted. */
export interface PictureOptions {
  /** At most so many a second; undefined: as they come. */
  readonly fps: number | undefined;
  readonly size: PictureSize;
  readonly loop: boolean;
}

/**
 * The command line that writes pictures to standard output, RGB, 8 bits a channel, row by row, one after the other; and for
 * each a line to standard error that tells its size before it was squashed (`showinfo`). Rotated ones come upright.
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
    // The first video that is no cover of an album.
    ...['-map', '0:V:0', '-vf', filters.join(','), ...ffmpeg.passthrough],
    ...['-pix_fmt', 'rgb24', '-f', 'rawvideo', 'pipe:1'],
  ];
}
