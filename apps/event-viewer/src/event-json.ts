import { printableJson } from '@trinetra/contracts';
import type { ReceivedEvent } from './received-event.ts';

/** The event on one line, unchanged but safe for a terminal; embeddings only on request. */
export function eventJson({ raw }: ReceivedEvent, options: { readonly embeddings: boolean }): string {
  if (options.embeddings) return printableJson(raw, 0);
  const { embeddings: _embeddings, ...rest } = raw;
  return printableJson(rest, 0);
}
