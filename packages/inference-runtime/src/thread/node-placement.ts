import { readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';
import type { NodePlacement } from '../types.ts';

/** Where ONNX Runtime is to write the profile of a model; it adds a date and `.json`. */
export function profilePrefix(model: number): string {
  return join(tmpdir(), `trinetra-profile-${process.pid}-${threadId}-${model}`);
}

interface ProfileEvent {
  readonly cat?: unknown;
  readonly name?: unknown;
  readonly args?: { readonly provider?: unknown };
}

/** Counts the operators of a profile by the provider that ran them. */
export function placementOf(events: readonly ProfileEvent[]): NodePlacement {
  const nodes = new Map<string, Set<unknown>>();
  for (const { cat, name, args } of events) {
    if (cat !== 'Node' || typeof args?.provider !== 'string') continue;
    const provider = args.provider.replace(/ExecutionProvider$/, '').toLowerCase();
    nodes.set(provider, (nodes.get(provider) ?? new Set()).add(name));
  }
  return Object.fromEntries([...nodes].map(([provider, names]) => [provider, names.size]));
}

/** Reads the profile that ONNX Runtime wrote, and removes it; null where it could not be written. */
export async function readPlacement(prefix: string): Promise<NodePlacement | null> {
  const names = await readdir(dirname(prefix));
  const name = names.find((one) => one.startsWith(`${basename(prefix)}_`));
  if (name === undefined) return null;
  const file = join(dirname(prefix), name);
  try {
    const events: unknown = JSON.parse(await readFile(file, 'utf8'));
    return Array.isArray(events) ? placementOf(events) : null;
  } finally {
    await rm(file, { force: true });
  }
}
