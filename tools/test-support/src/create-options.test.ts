import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { TrinetraError } from '../../../packages/contracts/src/index.ts';

type Create = (given?: unknown) => unknown;

const packages = new URL('../../../packages/', import.meta.url);
const names = readdirSync(packages).filter((name) => existsSync(new URL(`${name}/src/index.ts`, packages)));

/** Takes the WebAssembly of a package, and no options. */
const others = ['createKernels'];

/** What a package makes: each of its functions that takes options. */
async function createFunctionsOf(name: string): Promise<[string, Create][]> {
  const all = Object.entries((await import(new URL(`${name}/src/index.ts`, packages).href)) as object);
  return all.filter((entry): entry is [string, Create] => {
    const [named, value] = entry;
    return (
      /^(?:create|start|load)[A-Z]/.test(named) && typeof value === 'function' && !others.includes(named)
    );
  });
}

/** The code of the error of ours that it throws; null where it takes them, and what it makes is closed. */
async function refusalOf(create: Create, given: unknown): Promise<string | null> {
  try {
    const made = (await create(given)) as { close?: () => Promise<void> } | undefined;
    await made?.close?.();
    return null;
  } catch (error) {
    if (TrinetraError.isInstance(error)) return error.code;
    throw error;
  }
}

const found = await Promise.all(
  names.map(async (name) => ({ name, creates: await createFunctionsOf(name) })),
);

describe.each(found.filter(({ creates }) => creates.length > 0))('$name', ({ creates }) => {
  it.each(creates)(
    '%s() has defaults for all, or an error of ours for what is missing',
    async (_, create) => {
      for (const given of [undefined, {}]) {
        const code = await refusalOf(create, given);
        if (code !== null) expect(code).toBe('invalid_options');
      }
    },
  );

  it.each(creates)('%s() refuses null and a text with an error of ours', async (_, create) => {
    for (const given of [null, 'text'])
      expect(await refusalOf(create, given), String(given)).toBe('invalid_options');
  });
});

it('finds what the packages make', () => {
  const all = found.flatMap(({ creates }) => creates.map(([name]) => name));
  expect(all).toEqual(
    expect.arrayContaining(['createDetector', 'createRedisBatchSource', 'createKafkaSink', 'loadModels']),
  );
});
