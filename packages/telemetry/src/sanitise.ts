import { maskCredentials } from './mask-credentials.ts';

const secretName =
  /passw|passphrase|^pass$|secret|(?:^|_)token$|Token$|credential|authorization|api_?key|private_?key/i;
const pixelNames: ReadonlySet<string> = new Set(['frame', 'embedding', 'embeddings', 'tensor', 'aligned']);
const maxDepth = 6;
const maxItems = 64;
const maxText = 8192;

/** How {@link sanitise} treats what it finds. */
export interface SanitiseOptions {
  /** Whether errors keep their stack: wanted in logs, never in responses. */
  readonly stacks: boolean;
}

/**
 * A copy of some fields that may be shown: passwords replaced, credentials in URLs masked, frames and
 * embeddings removed, binary data and long lists replaced by their size. Never throws.
 */
export function sanitiseFields(
  fields: Readonly<Record<string, unknown>>,
  options: SanitiseOptions = { stacks: true },
): Record<string, unknown> {
  return copyRecord(fields, 0, new Set([fields]), options);
}

function copyRecord(
  record: object,
  depth: number,
  seen: Set<object>,
  options: SanitiseOptions,
): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(record)) {
    if (pixelNames.has(name)) continue;
    copy[name] = copyMember(record, name, depth, seen, options);
  }
  return copy;
}

function copyMember(
  record: object,
  name: string,
  depth: number,
  seen: Set<object>,
  options: SanitiseOptions,
): unknown {
  let value: unknown;
  try {
    value = Reflect.get(record, name);
  } catch (error) {
    return `[unreadable: ${error instanceof Error ? error.name : typeof error}]`;
  }
  const hide = secretName.test(name) && value !== undefined && value !== null && typeof value !== 'boolean';
  return hide ? '[redacted]' : copyValue(value, depth + 1, seen, options);
}

function copyValue(value: unknown, depth: number, seen: Set<object>, options: SanitiseOptions): unknown {
  if (typeof value === 'string') return copyText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[binary, ${value.byteLength} bytes]`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof URL) return maskCredentials(value.href);
  if (seen.has(value)) return '[circular]';
  if (depth > maxDepth) return '[too deep]';
  seen.add(value);
  try {
    if (value instanceof Error) return copyError(value, depth, seen, options);
    if (value instanceof Map) return copyRecord(Object.fromEntries(value), depth, seen, options);
    if (value instanceof Set) return copyList([...value], depth, seen, options);
    if (Array.isArray(value)) return copyList(value, depth, seen, options);
    return copyRecord(value, depth, seen, options);
  } finally {
    seen.delete(value);
  }
}

function copyText(value: string): string {
  const masked = maskCredentials(value);
  return masked.length > maxText ? `${masked.slice(0, maxText)}… [${masked.length} characters]` : masked;
}

function copyList(
  list: readonly unknown[],
  depth: number,
  seen: Set<object>,
  options: SanitiseOptions,
): unknown {
  if (list.length > maxItems) return `[list of ${list.length}]`;
  return list.map((item) => copyValue(item, depth + 1, seen, options));
}

function copyError(error: Error, depth: number, seen: Set<object>, options: SanitiseOptions): unknown {
  const copy: Record<string, unknown> = { type: error.name, message: copyText(error.message) };
  Object.assign(copy, copyRecord(error, depth, seen, options));
  if (options.stacks && error.stack !== undefined) copy['stack'] = copyText(error.stack);
  else delete copy['stack'];
  if (error.cause !== undefined) copy['cause'] = copyValue(error.cause, depth + 1, seen, options);
  return copy;
}
