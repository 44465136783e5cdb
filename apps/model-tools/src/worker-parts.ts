/** How the worker reads its settings and loads its models: the commands here do the same. */
export { ConfigError, parseConfig } from '../../worker/src/config.ts';
export { letHeapGrow } from '../../worker/src/heap-growth.ts';
export { createInferenceHealth } from '../../worker/src/inference-health.ts';
export { aspectRatiosOf } from '../../worker/src/input-aspects.ts';
export { levelFrame } from '../../worker/src/level-frame.ts';
export type { LoadedInfo } from '../../worker/src/loaded-info.ts';
export { loadModels, type Models } from '../../worker/src/models.ts';
export { runningDetector } from '../../worker/src/running-detector.ts';
export { modelSettings, providers } from '../../worker/src/model-settings.ts';
export type { Settings } from '../../worker/src/settings.ts';
