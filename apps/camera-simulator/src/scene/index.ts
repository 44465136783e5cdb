export type { FivePoints } from './draw-head.ts';
export { createIdentity, type Identity } from './identity.ts';
export {
  createScene,
  type PersonTruth,
  type Scene,
  type SceneMoment,
  type SceneOptions,
  type SceneTruth,
} from './scene.ts';
export type { Box } from './tracking-pen.ts';
