// npm run events: install, build, then apps/event-viewer.
import { runProgram } from './run-program.mjs';

runProgram('event viewer', 'apps', 'event-viewer', 'dist', 'main.js');
