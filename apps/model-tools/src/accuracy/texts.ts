/** A share as `98.76 %`. */
export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** Names to tell files by: those of the files where these differ, else the paths. */
export function namesOf(files: readonly string[]): string[] {
  const names = files.map((file) => file.replace(/^.*[/\\]/, ''));
  return new Set(names).size === files.length ? names : [...files];
}
