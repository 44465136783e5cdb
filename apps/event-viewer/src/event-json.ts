import { printableJson } from '@trinetra/contracts';
import type { ReceivedEvent } from './received-event.ts';

/** The event itself on one line, as it came but safe for a terminal; without embeddings unless they are wanted. */
export function eventJson({ raw }: ReceivedEvent, options: { readonly embeddings: boolean }): string {
  if (options.embeddings) return printableJson(raw, 0);
  const { embeddings: _embeddings, ...rest } = raw;
  return printableJson(rest, 0);
}
