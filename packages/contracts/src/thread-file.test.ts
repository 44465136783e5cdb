import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { threadFile } from './thread-file.ts';

it('finds the source of a thread beside sources', () => {
  const file = threadFile(import.meta.url, 'thread-file');
  expect(file === null ? null : fileURLToPath(file)).toMatch(/\/contracts\/src\/thread-file\.ts$/);
});

it.each([
  ['a bundle that was made without it', 'file:///srv/app/dist/service.js'],
  ['sources that have no such file', import.meta.url],
  ['CommonJS, which has no address', undefined],
])('is null beside %s', (_, moduleUrl) => {
  expect(threadFile(moduleUrl, 'decode-thread')).toBeNull();
});
