// npm run demo: check the options, install, build, then tools/demo.
import { readCommandLine } from '../tools/demo/src/command-line.mjs';
import { runProgram } from './run-program.mjs';

// biome-ignore lint/suspicious/noUndeclaredEnvVars: npm says here where the user stood, and turbo runs no task that asks
const { help, problems } = readCommandLine(process.argv.slice(2), process.env['INIT_CWD'] ?? process.cwd());
if (help !== undefined) process.stdout.write(`${help}\n`);
else if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`);
  process.exitCode = 2;
} else runProgram('demo', 'tools/demo/src/main.ts', process.argv.slice(2));
