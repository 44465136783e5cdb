import { parseHostPort } from '@trinetra/contracts';
import { type Parser, parser } from './parsers.ts';

const expected = 'host:port[,host:port...], IPv6 hosts in brackets,';

function split(text: string): string[] | undefined {
  const list = text.split(',').map((one) => one.trim());
  return list.every((one) => parseHostPort(one) !== null) ? list : undefined;
}

/** Addresses, comma separated, as texts `host:port`. */
export const addresses: Parser<string[]> = parser(split, expected);

/** Addresses, comma separated, as hosts (IPv6 without brackets) and ports. */
export const hostPorts: Parser<{ readonly host: string; readonly port: number }[]> = parser(
  (text) => split(text)?.flatMap((one) => parseHostPort(one) ?? []),
  expected,
);
