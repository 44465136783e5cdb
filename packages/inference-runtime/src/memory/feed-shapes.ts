import type { TensorData } from '../types.ts';

/** The names and shapes of feeds in one text: `images 4x640x640x3`. Runs with the same one ask an engine for the same work. */
export function shapesOf(feeds: Readonly<Record<string, Pick<TensorData, 'dims'>>>): string {
  return Object.entries(feeds)
    .map(([name, { dims }]) => `${name} ${dims.join('x')}`)
    .join(', ');
}
