/**
 * JSON as a terminal may have it: what `JSON.stringify` leaves as it is, is escaped, too.
 *
 * @param indent Spaces a level; 0: all on one line.
 */
export function printableJson(value: unknown, indent = 2): string {
  const unicode = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value, null, indent)
    .split('\n')
    .map((line) => line.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (found) => found.split('').map(unicode).join('')))
    .join('\n');
}
