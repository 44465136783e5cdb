// Installs and builds, then runs a program of the workspace under its Node, with all arguments.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bootstrap, root } from './bootstrap.mjs';

/** @param what As in "The demo cannot start". @param file Path of its main file from the root, in parts. */
export function runProgram(what, ...file) {
  const startedAt = Date.now();
  process.stderr.write('Installing and building (a minute the first time) ... ');
  if (!bootstrap({ quiet: true })) {
    process.stderr.write(`\nThe ${what} cannot start: installing or building failed, see above.\n`);
    process.exit(1);
  }
  process.stderr.write(`done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s.\n`);

  // In a group of its own: Ctrl-C reaches it once, through us, and what it leaves behind can be ended as a whole.
  // The channel tells it when we are gone.
  const node = join(root, 'node_modules', '.bin', 'node');
  // kafkajs 2.2 sets a timer in the past, of which Node 24 warns.
  const flags = ['--disable-warning=TimeoutNegativeWarning'];
  const child = spawn(node, [...flags, join(root, ...file), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });

  function endGroup() {
    try {
      process.kill(-child.pid, 'SIGKILL');
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
        child.kill(signal);
      }
    });
  }
  child.once('error', (error) => {
    process.stderr.write(`The ${what} cannot start: ${error.message}\n`);
    process.exit(1);
  });
  child.once('exit', (code, signal) => {
    endGroup();
    process.exit(code ?? (signal === 'SIGINT' ? 130 : 1));
  });
}
