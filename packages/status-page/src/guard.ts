import type { IncomingMessage } from 'node:http';

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Set on every answer. The page loads its own files only, and can be framed by nobody. */
export const securityHeaders: Readonly<Record<string, string>> = Object.freeze({
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
});

/** Whether an address is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return host === '::1' || host === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/**
 * Why a request is not answered; undefined if it is. A page bound to loopback answers to the names of loopback only:
 * a site elsewhere cannot have its own name point here and read along (DNS rebinding). No other site may read.
 *
 * @param host Address that the server is bound to.
 */
export function refusalOf(request: IncomingMessage, host: string): string | undefined {
  const name = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  if (isLoopback(host) && name !== host && !loopback.has(name)) {
    return 'expected this machine as Host (127.0.0.1, localhost or [::1])';
  }
  const site = request.headers['sec-fetch-site'];
  const navigates = request.headers['sec-fetch-mode'] === 'navigate';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !navigates) {
    return 'expected a request of this page but received one of another site';
  }
  return undefined;
}
