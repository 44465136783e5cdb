import { existsSync } from 'node:fs';

/** Real weights, photos and golden cases, where somebody put them beside the clone; tests that need them skip without. */
export const sharedFolder: URL = new URL('../../../../shared/', import.meta.url);
export const hasShared: boolean = existsSync(new URL('models/yolov8n.onnx', sharedFolder));

/** Photos with a golden case, without their extensions. */
export const goldenNames: readonly string[] = [
  'group_01',
  'group_02',
  'group_03',
  'group_04',
  'headshot_01',
  'headshot_02',
  'office_02',
  'office_04',
  'synthetic_01',
];
