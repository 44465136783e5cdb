export { allowNoReader } from './allow-no-reader.ts';
export { exitCodeOf, UsageError } from './exit-code.ts';
export { versionOf } from './version.ts';
