import { fileURLToPath } from 'node:url';

/** The models for generated scenes, which every clone has, in the variables of the worker. */
export function demoModels(): Record<string, string> {
  const model = (name: string): string =>
    fileURLToPath(new URL(`../../demo-models/models/${name}`, import.meta.url));
  return {
    YOLO_ENGINE_PATH: model('demo-yolov8.onnx'),
    ARCFACE_ENGINE_PATH: model('demo-arcface.onnx'),
    FACE_MODEL_PATH: model('demo-yunet.onnx'),
  };
}
