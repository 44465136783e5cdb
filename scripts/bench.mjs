// npm run bench: install, build, then benchmarks.
import { runProgram } from './run-program.mjs';

runProgram('benchmark', 'benchmarks', 'src', 'main.ts');
