export { hasBrowser, launchBrowser } from './browser.ts';
export { noise } from './noise.ts';
export { type OnnxModel, type OnnxNode, type OnnxTensor, onnxModel } from './onnx-model.ts';
export { Random } from './random.ts';
export { type ReadmeExampleOptions, runReadmeExample } from './readme-example.ts';
export { goldenNames, sharedFolder } from './shared.ts';
