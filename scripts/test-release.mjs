// npm run test:release: releases a clean clone to a registry on loopback, and uses every package and program from there.
import { bootstrap, pnpm } from './bootstrap.mjs';
import { checkUsage } from './usage.mjs';

checkUsage('npm run test:release');

process.env.FAULTS = 'full';
const ok =
  bootstrap() &&
  pnpm(['exec', 'node', 'tools/local-servers/src/prepare.ts']) &&
  pnpm(['exec', 'vitest', 'run', 'tools/release-check/test/release.test.ts']);
process.exitCode = ok ? 0 : 1;
