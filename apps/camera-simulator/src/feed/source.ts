import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cameraIdProblem, printable } from '@trinetra/contracts';
import { SimulatorError } from '../errors.ts';
import { shownAddress } from './redact.ts';

/**
 * Kind of a source; decides how it is read.
 *
 * - `film`: in real time, to its end.
 * - `camera`: as it comes, for ever; the time of a picture is its arrival.
 * - `device`: likewise, with the driver's times.
 * - `playlist`: a stream in pieces (HLS): in real time, for ever.
 * - `folder`: of pictures, one after the other, for ever.
 */
type SourceKind = 'film' | 'camera' | 'device' | 'playlist' | 'folder';

/** Source of one camera's pictures. */
export interface Source {
  readonly kind: SourceKind;
  /** Camera id; undefined if none was given. */
  readonly name: string | undefined;
  /** An address, or an absolute path. It may hold a password. */
  readonly input: string;
  /** For people and logs: the file, or the host without user, password, path and query. */
  readonly shown: string;
}

const liveSchemes = ['rtsp', 'rtsps', 'rtmp', 'rtmps', 'srt', 'udp', 'rtp', 'http', 'https'];
const filmExtensions = /\.(mp4|m4v|mov|mkv|webm|avi|mpe?g|wmv|flv|ogv)$/i;

function refuse(text: string): never {
  throw new SimulatorError('invalid_options', text);
}

function kindOfAddress(url: URL): SourceKind {
  if (/\.m3u8?$/i.test(url.pathname)) return 'playlist';
  return url.protocol.startsWith('http') && filmExtensions.test(url.pathname) ? 'film' : 'camera';
}

/**
 * Reads `SOURCE` or `NAME=SOURCE`. A name has none of `/`, `\`, `:` and `?`, so an address with `=` in it has
 * no name, and a
 * file `a=b.mp4` is written `./a=b.mp4`.
 *
 * @param base Folder that relative paths start from.
 * @throws {SimulatorError} `invalid_options`, without any password, where it is neither an address of a kind that is known nor
 * a file, device or folder that exists.
 */
export async function readSource(text: string, base: string): Promise<Source> {
  const [, given, rest = text] = /^([^=/\\:?]*)=(.*)$/s.exec(text) ?? [];
  if (given !== undefined) {
    const problem = cameraIdProblem(given);
    if (problem !== undefined) refuse(`${printable(given)}=: ${problem} as the name of a camera`);
  }
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(rest)?.[1]?.toLowerCase();
  if (scheme === undefined || scheme === 'file') {
    return { name: given, ...(await readPath(scheme === undefined ? rest : fileURLToPath(rest), base)) };
  }
  if (!liveSchemes.includes(scheme) || !URL.canParse(rest)) {
    const expected = `${liveSchemes.slice(0, -1).join(', ')} or ${liveSchemes.at(-1)}`;
    refuse(`${shownAddress(rest)}: expected an address of ${expected}, a file, a device or a folder`);
  }
  return { name: given, kind: kindOfAddress(new URL(rest)), input: rest, shown: shownAddress(rest) };
}

async function readPath(path: string, base: string): Promise<Omit<Source, 'name'>> {
  if (path === '') refuse('expected an address, a file, a device or a folder but received nothing');
  const input = resolve(base, path);
  // An input like concat:a|b or http:host may hold a password, too.
  const shown = /^[a-z][a-z0-9+.-]+:/i.test(path) ? `${path.slice(0, path.indexOf(':'))}:...` : path;
  const found = await stat(input).catch((error: NodeJS.ErrnoException) =>
    refuse(
      `${printable(shown)}: expected an address (rtsp://...), a file, a device or a folder but ` +
        (error.code === 'ENOENT' ? 'there is none of that name' : `it cannot be read: ${error.code}`),
    ),
  );
  const kind = found.isDirectory() ? 'folder' : found.isCharacterDevice() ? 'device' : 'film';
  return { kind, input, shown: printable(basename(input)) };
}
