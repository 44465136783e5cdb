// npm run demo: install, build, then tools/demo under the Node of the workspace, with all arguments.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bootstrap, root } from './bootstrap.mjs';

const startedAt = Date.now();
process.stderr.write('Installing and building (a minute the first time) ... ');
if (!bootstrap({ quiet: true })) {
  process.stderr.write('\nThe demo cannot start: installing or building failed, see above.\n');
  process.exit(1);
}
process.stderr.write(`done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.\n`);

// In a group of its own: Ctrl-C reaches it once, through us, and what it leaves behind can be ended as a whole.
// The channel tells it when we are gone.
const node = join(root, 'node_modules', '.bin', 'node');
const main = join(root, 'tools', 'demo', 'src', 'main.ts');
// kafkajs 2.2 sets a timer in the past, of which Node 24 warns.
const flags = ['--disable-warning=TimeoutNegativeWarning'];
const demo = spawn(node, [...flags, main, ...process.argv.slice(2)], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  detached: true,
});

function endGroup() {
  try {
    process.kill(-demo.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // nothing is left of it, as it should be
  }
}

let signals = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    signals += 1;
    if (signals > 1) endGroup();
    else {
      process.stderr.write('\nStopping ...\n');
      demo.kill(signal);
    }
  });
}
demo.once('error', (error) => {
  process.stderr.write(`The demo cannot start: ${error.message}\n`);
  process.exit(1);
});
demo.once('exit', (code, signal) => {
  endGroup();
  process.exit(code ?? (signal === 'SIGINT' ? 130 : 1));
});
