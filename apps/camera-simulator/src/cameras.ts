import { type CameraType, cameraTypes } from '@trinetra/contracts';

/** A simulated camera. */
export interface Camera {
  /** Such as `cam_entrance_01`. */
  readonly id: string;
  readonly type: CameraType;
}

/** The order in which cameras get their types: people come in before they pay. */
const defaultTypes: readonly CameraType[] = [
  'entrance',
  'billing',
  ...cameraTypes.filter((type) => type !== 'entrance' && type !== 'billing'),
];

/**
 * `count` cameras, their types in turn: `cam_entrance_01`, `cam_billing_02`, `cam_face_capture_03`, ...
 *
 * @param types Types in turn. The type sets a camera's priority in the worker.
 */
export function createCameras(count: number, types: readonly CameraType[] = defaultTypes): Camera[] {
  return Array.from({ length: count }, (_, i) => {
    const type = types[i % types.length] ?? 'others';
    return { id: `cam_${type}_${String(i + 1).padStart(2, '0')}`, type };
  });
}
