import { isIPv6 } from 'node:net';

/**
 * Host and port of `host:port`, where an IPv6 host stands in brackets, like `[::1]:9092`; null where it is none, or the port is
 * not in 1..65535.
 */
export function parseHostPort(text: string): { readonly host: string; readonly port: number } | null {
  const [, inBrackets, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = inBrackets ?? name;
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) return null;
  return inBrackets !== undefined && !isIPv6(inBrackets) ? null : { host, port };
}
