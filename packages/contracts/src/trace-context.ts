/** A position in a distributed trace: the values of the two headers of W3C Trace Context. */
export interface TraceContext {
  /** `00-<trace id, 32 hex digits>-<span id, 16 hex digits>-<flags, 2 hex digits>`. */
  readonly traceparent: string;
  /** Vendors' additions, up to 512 characters. */
  readonly tracestate?: string;
}

const form = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[\x21-\x7e]*)?$/;
/** Of version 00; later versions may be longer. */
const lengthOfFirstVersion = 55;
export const maxTraceFieldBytes = 512;

/**
 * Reads a trace context; undefined if `traceparent` is missing or malformed. Leaves out a `tracestate` that is
 * not 1 to 512 printable ASCII characters.
 *
 * @see https://www.w3.org/TR/trace-context/
 */
export function parseTraceContext(
  traceparent: string | undefined,
  tracestate: string | undefined,
): TraceContext | undefined {
  if (traceparent === undefined || traceparent.length > maxTraceFieldBytes || !form.test(traceparent)) {
    return undefined;
  }
  if (traceparent.startsWith('00') && traceparent.length !== lengthOfFirstVersion) return undefined;
  return tracestate !== undefined && /^[\x20-\x7e]{1,512}$/.test(tracestate)
    ? { traceparent, tracestate }
    : { traceparent };
}
