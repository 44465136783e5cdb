// npm run cameras: install, build, then apps/camera-simulator.
import { runProgram } from './run-program.mjs';

runProgram('camera simulator', 'apps', 'camera-simulator', 'dist', 'main.js');
