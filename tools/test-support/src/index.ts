export { hasBrowser, launchBrowser } from './browser.ts';
export { demoModels } from './demo-models.ts';
export { engineHead } from './engine-head.ts';
export { isFullRun, times, variants } from './full-run.ts';
export {
  type Box,
  cases,
  dot,
  type GoldenCase,
  type GoldenPerson,
  iou,
  photo,
  sharesItsFace,
} from './golden-cases.ts';
export { leastNode, newestNode } from './nodes.ts';
export { noise } from './noise.ts';
export { type OnnxModel, type OnnxNode, type OnnxTensor, onnxModel } from './onnx-model.ts';
export { packPackages } from './pack.ts';
export {
  collect,
  type Ended,
  type ProgramOptions,
  type Running,
  runProgram,
  runWithoutReader,
  startProgram,
} from './programs.ts';
export { Random } from './random.ts';
export { type ReadmeExampleOptions, runReadmeExample } from './readme-example.ts';
export { goldenNames, hasShared, sharedFolder } from './shared.ts';
