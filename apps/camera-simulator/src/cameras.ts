import { type CameraType, cameraTypes } from '@trinetra/contracts';

/** A camera that is played. */
export interface Camera {
  /** Such as `cam_entrance_01`. */
  readonly id: string;
  readonly type: CameraType;
}

/** The order in which cameras get their types: people come in before they pay. */
const order: readonly CameraType[] = [
  'entrance',
  'billing',
  ...cameraTypes.filter((type) => type !== 'entrance' && type !== 'billing'),
];

/** `count` cameras, their types in turn: `cam_entrance_01`, `cam_billing_02`, `cam_face_capture_03`, ... */
export function createCameras(count: number): Camera[] {
  return Array.from({ length: count }, (_, i) => {
    const type = order[i % order.length] ?? 'others';
    return { id: `cam_${type}_${String(i + 1).padStart(2, '0')}`, type };
  });
}
