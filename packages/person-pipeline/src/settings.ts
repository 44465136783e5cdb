export { modelOptions } from './model-options.ts';
export { type ModelSettings, modelSettings, providers } from './model-settings.ts';
