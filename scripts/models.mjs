// npm run models: install, build, then trinetra-models of apps/worker.
import { runProgram } from './run-program.mjs';

runProgram('models tool', 'apps', 'worker', 'dist', 'models-cli.js');
