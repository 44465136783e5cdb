// npm run docs:screenshot: the pictures of the live page in docs/, from the demo's generated scenes; a folder as argument
// writes them there instead, with those of a narrow window and of one camera.
import { bootstrap, pnpm } from './bootstrap.mjs';
import { checkUsage } from './usage.mjs';

checkUsage('npm run docs:screenshot -- [folder]', { names: 1 });

const ok =
  bootstrap({ quiet: true }) &&
  pnpm(['exec', 'node', 'tools/local-servers/src/prepare.ts']) &&
  pnpm(['exec', 'node', 'tools/demo/src/take-screenshot.ts', ...process.argv.slice(2)]);
process.exitCode = ok ? 0 : 1;
