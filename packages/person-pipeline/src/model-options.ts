import { endProcess } from './end-process.ts';
import type { ModelSettings } from './model-settings.ts';
import type { LoadModelsOptions } from './options.ts';

/** The options of `loadModels` that the settings of a program name. An exit of the process never waits for native code. */
export function modelOptions(config: ModelSettings): LoadModelsOptions {
  return {
    detectorPath: config.YOLO_ENGINE_PATH,
    embedderPath: config.ARCFACE_ENGINE_PATH,
    facePath: config.FACE_MODEL_PATH,
    faceFallback: config.FACE_FALLBACK,
    facePixels: config.ARCFACE_INPUT,
    embedderProof: config.ARCFACE_PROOF,
    confidenceThreshold: config.CONFIDENCE_THRESHOLD,
    iouThreshold: config.NMS_IOU_THRESHOLD,
    classIds: config.CLASS_IDS,
    detectorShapes: config.DETECTOR_SHAPES,
    frameAspect: config.FRAME_ASPECT,
    cameraAspects: config.CAMERA_ASPECTS.map(({ aspectRatio }) => aspectRatio),
    batchSize: config.BATCH_SIZE,
    framesPerRun: config.FRAMES_PER_RUN,
    facesPerRun: config.EMBED_SUB_BATCH,
    runtime: {
      executionProviders: config.EXECUTION_PROVIDERS,
      requireProvider: config.REQUIRE_PROVIDER,
      deviceId: config.GPU_DEVICE_ID,
      engineCacheFolder: config.ENGINE_CACHE_DIR,
      runTimeoutMs: config.INFERENCE_TIMEOUT_MS,
      threads: config.INFERENCE_THREADS ?? 'auto',
      intraOpThreads: config.INTRA_OP_THREADS,
    },
    proofIntervalMs: config.PROBE_INTERVAL_MS,
    maxConsecutiveFailures: config.MAX_CONSECUTIVE_FAILURES,
    names: {
      detectorPath: 'YOLO_ENGINE_PATH',
      facePath: 'FACE_MODEL_PATH',
      embedderPath: 'ARCFACE_ENGINE_PATH',
      faceFallback: 'FACE_FALLBACK',
      facePixels: 'ARCFACE_INPUT',
      embedderProof: 'ARCFACE_PROOF',
      detectorShapes: 'DETECTOR_SHAPES',
    },
    onBusyExit: endProcess,
  };
}
