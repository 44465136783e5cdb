import { printable } from '@trinetra/contracts';

/**
 * An address as it may be shown: scheme, host and port. User and password go, and so do path and query, in which cheap
 * cameras want them.
 *
 * @example
 * shownAddress('rtsp://admin:secret@10.0.0.7:554/stream?password=secret'); // 'rtsp://10.0.0.7:554'
 */
export function shownAddress(address: string): string {
  const [, scheme = '', authority = '', rest = ''] = /^([^:]*):\/\/([^/?#]*)(.*)$/s.exec(address) ?? [];
  // With an @ behind its host the password has a / or ? that should be percent-encoded: then this is no host.
  const host = rest.includes('@') ? '...' : authority.slice(authority.lastIndexOf('@') + 1);
  return printable(`${scheme}://${host}`);
}

/** What ffmpeg says, without what is secret in the address that it was given, or in others that it was sent to. */
export function redact(
  text: string,
  { input, shown }: { readonly input: string; readonly shown: string },
): string {
  return printable(
    text
      .replaceAll(input, () => shown)
      .replaceAll(`file:${shown}`, () => shown)
      .replace(/[a-z][a-z0-9+.-]*:\/\/[^\s'"]*/gi, (found) => shownAddress(found)),
  );
}
