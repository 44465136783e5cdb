// Installs and builds, then runs a program of the workspace under its Node. package.json starts it
// with `exec`: otherwise SIGTERM to npm ends its shell, and the program goes on.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { bootstrap, root } from './bootstrap.mjs';

/** A signal that comes again this soon is the same one: Ctrl-C reaches us directly, and through npm. */
const sameSignalMs = 500;

/** @param what As in "The demo cannot start". @param file Path of its main file from the root. @param args For it. */
export function runProgram(what, file, args) {
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
  const child = spawn(node, [...flags, join(root, file), ...args], {
    // npm runs scripts in the folder of package.json and says here where the user stood: paths start there.
    // biome-ignore lint/suspicious/noUndeclaredEnvVars: nothing that turbo runs reads it.
    cwd: process.env.INIT_CWD ?? process.cwd(),
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

  let first;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (first === undefined) {
        first = { signal, at: performance.now() };
        process.stderr.write('\nStopping ...\n');
        child.kill(signal);
      } else if (signal !== first.signal || performance.now() - first.at > sameSignalMs) endGroup();
    });
  }
  child.once('error', (error) => {
    process.stderr.write(`The ${what} cannot start: ${error.message}\n`);
    process.exit(1);
  });
  child.once('exit', (code, signal) => {
    endGroup();
    process.exit(code ?? 128 + constants.signals[signal]);
  });
}
