/** Formats that the worker accepts, by their first bytes. */
const formats = [
  { at: 0, text: '\u00ff\u00d8\u00ff', extension: 'jpg' },
  { at: 0, text: '\u0089PNG\r\n', extension: 'png' },
  { at: 8, text: 'WEBP', extension: 'webp' },
] as const;

/** The extension of a picture's file; undefined for a format that the worker refuses. */
export function pictureExtension(bytes: Uint8Array): (typeof formats)[number]['extension'] | undefined {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  return formats.find(({ at, text }) => head.startsWith(text, at))?.extension;
}
