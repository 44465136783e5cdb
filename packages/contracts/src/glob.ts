/** Any number of characters, or a test of one character. */
type Part = '*' | ((character: string) => boolean);

/** A set in square brackets as Redis reads it; a backslash escapes. */
function setOf(text: string): Part {
  const source = text.replace(/\\([\s\S])/g, (_, character: string) =>
    /\w/.test(character) ? character : `\\${character}`,
  );
  const expression = new RegExp(`^${source}$`);
  return (character) => expression.test(character);
}

function partOf(text: string): Part {
  if (text === '*') return '*';
  if (text === '?') return () => true;
  if (text.length > 2) return setOf(text);
  const literal = text.length === 2 ? text.slice(1) : text;
  return (character) => character === literal;
}

/**
 * Whether a key matches a glob as Redis reads it: `*`, `?`, `[ab]`, `[^a]`, `[a-z]`; a backslash escapes. Takes
 * at most as many steps as the product of both lengths, because anyone who writes to Redis chooses the keys.
 *
 * @throws SyntaxError for a range whose end comes first, such as `[z-a]`.
 */
export function matchesGlob(pattern: string, key: string): boolean {
  const texts = pattern.match(/\\[\s\S]|\[\^?(?:\\[\s\S]|[^\]\\])+\]|[\s\S]/g) ?? [];
  const parts = texts.map(partOf);
  let [at, part] = [0, 0];
  /** The last star, and how far it reaches. Only that one needs backtracking. */
  let [star, reach] = [-1, 0];
  while (at < key.length) {
    const test = parts[part];
    if (test === '*') {
      [star, reach] = [part, at];
      part += 1;
    } else if (test?.(key[at] ?? '') === true) {
      at += 1;
      part += 1;
    } else if (star >= 0) {
      reach += 1;
      [at, part] = [reach, star + 1];
    } else return false;
  }
  return parts.slice(part).every((rest) => rest === '*');
}
