/**
 * Hides the credentials of every URL in a text: `redis://user:secret@host` becomes `redis://user:***@host`,
 * and a lone user part, which may be a token, `***`. Values of query parameters named like secrets go too.
 *
 * Works on any text in linear time; where a text is ambiguous it hides too much rather than too little.
 */
export function maskCredentials(text: string): string {
  if (!text.includes('://') && !text.includes('=')) return text;
  return text.replace(/[^\s"'<>]+/g, maskToken);
}

/** A name with its value. It starts where no name is under way, so that long words cost linear time. */
const parameter = /(?<![\w.-])([\w.-]+)=[^&\s]+/g;
const secretNames =
  /pass(?:word|wd|phrase)|pwd|secret|token|credential|signature|api[_-]?key|access[_-]?key|private[_-]?key|(?:^|[_.-])(?:pass|auth|sig)$/i;

function maskToken(token: string): string {
  const withoutUser = maskUserInfo(token);
  if (!withoutUser.includes('=')) return withoutUser;
  return withoutUser.replace(parameter, (pair, name: string) =>
    secretNames.test(name) ? `${name}=***` : pair,
  );
}

function maskUserInfo(token: string): string {
  const scheme = token.indexOf('://');
  const at = token.lastIndexOf('@');
  if (scheme < 0 || at < scheme + 3) return token;
  const info = token.slice(scheme + 3, at);
  const colon = info.indexOf(':');
  const user = colon < 0 ? info : info.slice(0, colon);
  // A slash before the colon: the authority ended there, and the @ stands in a path.
  if (user.includes('/')) return token;
  return `${token.slice(0, scheme + 3)}${colon < 0 ? '' : `${user}:`}***${token.slice(at)}`;
}
