// npm run bench, cameras, events, models and worker: install, build, then that program.
import { runProgram } from './run-program.mjs';

const programs = {
  bench: ['benchmark', 'benchmarks/src/main.ts'],
  cameras: ['camera simulator', 'apps/camera-simulator/dist/main.js'],
  events: ['event viewer', 'apps/event-viewer/dist/main.js'],
  models: ['models tool', 'apps/model-tools/dist/main.js'],
  worker: ['worker', 'apps/worker/dist/main.js'],
};
const [name, ...args] = process.argv.slice(2);
runProgram(...programs[name], args);
