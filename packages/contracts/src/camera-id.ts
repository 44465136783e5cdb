import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';

/**
 * Longest camera id, bytes of UTF-8: escaped to twice the length, with time and number, it still fits a file
 * name.
 */
export const maxCameraIdBytes = 200;

/** Names that stand for many cameras in metrics, logs and keys. No camera may have one. */
const reserved: readonly string[] = ['_other', '_invalid'];

const streamPrefix = 'frames:';

/**
 * Controls, line separators, lone surrogates, and invisible characters that reorder or hide visible ones. The
 * two joiners are allowed: names in Persian and Hindi, and emoji, need them.
 */
const unseen = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Why a text is no camera id, as one clause; undefined if it is one. Repeats nothing of the text. */
export function cameraIdProblem(value: string): string | undefined {
  const bytes = Buffer.byteLength(value);
  if (bytes === 0 || bytes > maxCameraIdBytes)
    return `expected 1 to ${maxCameraIdBytes} bytes of UTF-8 but received ${bytes}`;
  const character = unseen.exec(value)?.[0];
  if (character !== undefined) {
    const code = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
    return `expected no control or invisible character but received U+${code}`;
  }
  return reserved.includes(value) ? 'expected another name: this one is reserved' : undefined;
}

/**
 * Whether a text may name a camera: 1 to 200 bytes of UTF-8 without controls, line separators and invisible
 * format characters.
 * The bytes count as they are: `é` as one character and as two are two cameras.
 */
export function isCameraId(value: string): boolean {
  return cameraIdProblem(value) === undefined;
}

/** `cam_01` -> `frames:cam_01`. */
export function streamKeyOf(cameraId: string): string {
  return streamPrefix + cameraId;
}

/** Whether a key says which camera its entries are of. */
export function namesCamera(streamKey: string): boolean {
  return streamKey.startsWith(streamPrefix);
}

/** `frames:cam_01` -> `cam_01`; the whole key if it has no such prefix. */
export function cameraIdOf(streamKey: string): string {
  return namesCamera(streamKey) ? streamKey.slice(streamPrefix.length) : streamKey;
}

/**
 * The camera of a stream, safe for a log, a label or a key: `_invalid` if {@link isCameraId} refuses it. Anyone
 * who may write to Redis chooses the names of streams.
 */
export function cameraLabelOf(streamKey: string): string {
  const cameraId = cameraIdOf(streamKey);
  return isCameraId(cameraId) ? cameraId : '_invalid';
}

const shorthands: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };

/** Makes a text safe for a terminal: escapes characters that control, hide or reorder the output. */
export function printable(text: string): string {
  return text.replaceAll(
    /[\p{C}\p{Zl}\p{Zp}\\]/gu,
    (character) => shorthands[character] ?? `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** Longest part of a refused name to show, characters. */
const maxShown = 64;

/**
 * Formats a refused name for people: short, in printable ASCII and letters, bytes that are no UTF-8 as `\xff`.
 */
export function describeName(name: string | Uint8Array): string {
  const start = typeof name === 'string' ? name.slice(0, maxShown) : name.subarray(0, maxShown);
  const shown =
    typeof start === 'string' || isUtf8(start)
      ? printable(start.toString())
      : Buffer.from(start)
          .toString('latin1')
          .replace(/[^\x20-\x7e]|\\/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return start.length < name.length ? `${shown}…` : shown;
}

/** Longest file name, bytes of ASCII: leaves room for a frame id and an extension in the 255 of file systems. */
const maxFileName = 160;

/**
 * Turns a camera into (part of) a file or folder name for any system. Letters, digits, `_`, `-`, `:` and inner
 * dots stay, other bytes become `%c3`. Different cameras get different names; too long ones end in a hash.
 */
export function cameraFileName(cameraId: string): string {
  const asBytes = (character: string): string =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  const name = cameraId.replace(/^\.|[^A-Za-z0-9_.:-]/gu, asBytes);
  if (name.length <= maxFileName) return name;
  return `${name.slice(0, maxFileName - 33)}~${hash('sha256', cameraId).slice(0, 32)}`;
}
