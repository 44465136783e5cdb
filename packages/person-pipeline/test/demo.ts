import { fileURLToPath } from 'node:url';
import { createScene } from '../../../apps/camera-simulator/src/scene/index.ts';

const demo = (name: string): string =>
  fileURLToPath(new URL(`../../../tools/demo-models/models/demo-${name}.onnx`, import.meta.url));

/** The models for generated scenes, which every clone has. */
export const demoFiles = {
  detectorPath: demo('yolov8'),
  facePath: demo('yunet'),
  embedderPath: demo('arcface'),
} as const;

/** A JPEG of a generated scene with a person who looks into the camera, at a time of it. */
export async function sceneJpeg(atSeconds = 3.7): Promise<Buffer> {
  const scene = createScene({ seed: 5, camera: 0, cameraType: 'face_capture', identities: [0, 1], crowd: 1 });
  return scene.frame(atSeconds).canvas.encode('jpeg', 90);
}
