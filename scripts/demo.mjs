// npm run demo: install, build, then tools/demo.
import { runProgram } from './run-program.mjs';

runProgram('demo', 'tools', 'demo', 'src', 'main.ts');
