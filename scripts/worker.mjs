// npm run worker: install, build, then apps/worker.
import { runProgram } from './run-program.mjs';

runProgram('worker', 'apps', 'worker', 'dist', 'main.js');
