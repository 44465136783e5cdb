import { maskCredentials } from './mask-credentials.ts';

const secretName =
  /passw|passphrase|^pass$|secret|(?:^|_)token$|Token$|credential|authorization|api_?key|private_?key/i;
const pixelNames: ReadonlySet<string> = new Set(['frame', 'embedding', 'embeddings', 'tensor', 'aligned']);
const maxDepth = 6;
const maxItems = 64;
const maxText = 8192;

/** How {@link sanitiseFields} treats what it finds. */
interface SanitiseOptions {
  /** Whether errors keep their stack: wanted in logs, never in responses. */
  readonly stacks: boolean;
}

/** A copy under way: the objects that are open now, the innermost last, so as many as the copy is deep. */
interface Copying extends SanitiseOptions {
  readonly open: Set<object>;
}

/**
 * A copy of some fields that may be shown: passwords replaced, credentials in URLs masked, frames and
 * embeddings removed, binary data and long lists replaced by their size. Never throws.
 */
export function sanitiseFields(
  fields: Readonly<Record<string, unknown>>,
  { stacks }: SanitiseOptions = { stacks: true },
): Record<string, unknown> {
  return copyRecord(fields, { stacks, open: new Set([fields]) });
}

function copyRecord(record: object, copying: Copying): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(record)) {
    if (!pixelNames.has(name)) copy[name] = copyMember(record, name, copying);
  }
  return copy;
}

function copyMember(record: object, name: string, copying: Copying): unknown {
  let value: unknown;
  try {
    value = Reflect.get(record, name);
  } catch (error) {
    return `[unreadable: ${error instanceof Error ? error.name : typeof error}]`;
  }
  const hide = secretName.test(name) && value !== undefined && value !== null && typeof value !== 'boolean';
  return hide ? '[redacted]' : copyValue(value, copying);
}

function copyValue(value: unknown, copying: Copying): unknown {
  if (typeof value === 'string') return copyText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[binary, ${value.byteLength} bytes]`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof URL) return maskCredentials(value.href);
  const { open } = copying;
  if (open.has(value)) return '[circular]';
  if (open.size > maxDepth) return '[too deep]';
  open.add(value);
  try {
    if (value instanceof Error) return copyError(value, copying);
    if (value instanceof Map) return copyRecord(Object.fromEntries(value), copying);
    if (value instanceof Set) return copyList([...value], copying);
    if (Array.isArray(value)) return copyList(value, copying);
    return copyRecord(value, copying);
  } finally {
    open.delete(value);
  }
}

function copyText(value: string): string {
  const masked = maskCredentials(value);
  return masked.length > maxText ? `${masked.slice(0, maxText)}… [${masked.length} characters]` : masked;
}

function copyList(list: readonly unknown[], copying: Copying): unknown {
  if (list.length > maxItems) return `[list of ${list.length}]`;
  return list.map((item) => copyValue(item, copying));
}

function copyError(error: Error, copying: Copying): unknown {
  const copy: Record<string, unknown> = { type: error.name, message: copyText(error.message) };
  Object.assign(copy, copyRecord(error, copying));
  if (copying.stacks && error.stack !== undefined) copy['stack'] = copyText(error.stack);
  else delete copy['stack'];
  if (error.cause !== undefined) copy['cause'] = copyValue(error.cause, copying);
  return copy;
}
