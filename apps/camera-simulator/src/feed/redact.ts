import { printable } from '@trinetra/contracts';

/**
 * Makes an address safe to show: scheme, host and port. It drops user, password, path and query, because cheap
 * cameras take passwords there.
 *
 * @example
 * shownAddress('rtsp://admin:secret@10.0.0.7:554/stream?password=secret'); // 'rtsp://10.0.0.7:554'
 */
export function shownAddress(address: string): string {
  const [, scheme = '', authority = '', rest = ''] = /^([^:]*):\/\/([^/?#]*)(.*)$/s.exec(address) ?? [];
  // An @ after the host means that the password has a / or ? that should be percent-encoded: then this is no host.
  const host = rest.includes('@') ? '...' : authority.slice(authority.lastIndexOf('@') + 1);
  return printable(`${scheme}://${host}`);
}

/** ffmpeg's message without the secrets of its address, or of addresses it was redirected to. */
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
