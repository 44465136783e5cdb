const special = /[.*+?^${}()|[\]\\/-]/;

const literal = (character: string): string => (special.test(character) ? `\\${character}` : character);

/** Whether a key matches a glob as Redis takes it: `*`, `?`, `[ab]`, `[^a]`, `[a-z]`, and a backslash before what is meant as it stands. */
export function matchesGlob(pattern: string, key: string): boolean {
  const parts = pattern.match(/\\.|\[\^?(?:\\.|[^\]\\])+\]|[\s\S]/g) ?? [];
  const source = parts.map((part) => {
    if (part === '*') return '[\\s\\S]*';
    if (part === '?') return '[\\s\\S]';
    if (part.length > 2) return part;
    return literal(part.length === 2 ? part.slice(1) : part);
  });
  return new RegExp(`^${source.join('')}$`).test(key);
}
