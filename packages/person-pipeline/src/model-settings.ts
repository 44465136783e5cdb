import { errorText, parseAspectRatio, parseCameraAspects } from '@trinetra/contracts';
import { parseFacePixels } from '@trinetra/embedder';
import {
  isThere,
  oneOf,
  optional,
  optionalSetting,
  parser,
  real,
  type SettingsOf,
  setting,
  text,
  whole,
} from '@trinetra/env-settings';
import { companionsOf } from '@trinetra/inference-runtime';
import { z } from 'zod';

async function modelProblem(path: string): Promise<string | null> {
  if (await isThere(path)) return null;
  const { onnx } = await companionsOf(path);
  if (onnx === path) return `expected a model but there is no ${path}`;
  return (await isThere(onnx)) ? null : `expected a model but there is neither ${path} nor ${onnx}`;
}

/** What ONNX Runtime for Node has on some machine. */
const provider = oneOf('tensorrt', 'cuda', 'webgpu', 'cpu', 'dml', 'coreml');

/** Providers, comma separated, each once. */
export const providers = parser((list) => {
  const names = list.split(',').map((name) => name.trim().toLowerCase());
  const good = names.every((name) => provider.safeParse(name).success);
  return good && new Set(names).size === names.length ? names : undefined;
}, 'some of tensorrt, cuda, webgpu, cpu, dml, coreml, each once,');

/** The pixels of an embedder; `auto` is undefined. */
const facePixels = parser(
  (value) => (value.toLowerCase() === 'auto' ? 'auto' : (parseFacePixels(value) ?? undefined)),
  "auto, or rgb or bgr, a mean and a divisor above 0, like 'rgb 127.5 127.5',",
).transform((pixels) => (pixels === 'auto' ? undefined : pixels));

const classIds = parser((list) => {
  const ids = list.split(',').map((id) => (id.trim() === '' ? Number.NaN : Number(id)));
  return ids.every((id) => Number.isInteger(id) && id >= 0) ? ids : undefined;
}, 'class numbers like 0 or 0,2');

const frameAspect = parser(
  (value) => (value.toLowerCase() === 'keep' ? null : (parseAspectRatio(value) ?? undefined)),
  'keep or an aspect like 16:9 or 2560x1440',
);

const cameraAspects = z
  .string()
  .optional()
  .transform((value, context) => {
    try {
      return value === undefined ? [] : parseCameraAspects(value);
    } catch (error) {
      context.addIssue(errorText(error));
      return z.NEVER;
    }
  });

/** What it takes to load the models and to run them. */
export const modelSettings = {
  YOLO_ENGINE_PATH: setting(
    text,
    'person detector, see docs/MODELS.md; .onnx, or .engine with the .onnx beside it',
    '/models/yolov8m.engine',
    { also: ['YOLO_MODEL_PATH', 'DETECTOR_MODEL_PATH'], check: modelProblem },
  ),
  ARCFACE_ENGINE_PATH: setting(text, 'face embedder; likewise', '/models/arcface_r50.engine', {
    also: ['ARCFACE_MODEL_PATH', 'EMBEDDER_MODEL_PATH'],
    check: modelProblem,
  }),
  ARCFACE_INPUT: setting(
    facePixels,
    'how the embedder wants faces: order, mean, divisor, like bgr 127.5 127.5; auto: as its graph tells',
    'auto',
  ),
  ARCFACE_PROOF: setting(
    oneOf('refuse', 'warn'),
    'what becomes of an embedder that does not tell two drawn people apart: refuse or warn',
    'refuse',
  ),
  FACE_MODEL_PATH: optionalSetting(
    'YuNet or SCRFD face model with 5 landmarks; without it no face is aligned',
    { also: ['FACE_ENGINE_PATH'], check: modelProblem },
  ),
  FACE_FALLBACK: setting(
    oneOf('none', 'head-crop'),
    'without a face model: none, or head-crop to embed unaligned heads',
    'none',
  ),
  CONFIDENCE_THRESHOLD: setting(real(0, 1), 'least confidence of a person', '0.35', {
    also: ['CONF_THRESHOLD'],
  }),
  NMS_IOU_THRESHOLD: setting(real(0, 1), 'overlap above which the less confident box is dropped', '0.45', {
    also: ['IOU_THRESHOLD', 'NMS_THRESHOLD'],
  }),
  CLASS_IDS: setting(classIds, 'classes to report, comma separated; 0 is person', '0'),
  DETECTOR_SHAPES: setting(
    oneOf('auto', 'square'),
    'auto: a detector with open sides runs at the smallest input that holds the frame; square: at its own size',
    'auto',
  ),
  FRAME_ASPECT: setting(
    frameAspect,
    'aspect of cameras whose frames come square without width and height; keep: what they show is square',
    '16:9',
  ),
  CAMERA_ASPECTS: setting(
    cameraAspects,
    'aspects of single cameras in its place: cam_01=4:3,cam_entrance_*=2560x1440',
  ),
  BATCH_SIZE: setting(whole(1, 64), 'frames a micro-batch', '4'),
  FRAMES_PER_RUN: setting(
    optional(whole(1, 64)),
    'frames of a batch in one run of the detector; default: all of them, on the CPU 1',
  ),
  EMBED_SUB_BATCH: setting(whole(1, 16), 'faces an embedding run, never more than 16', '16'),
  EXECUTION_PROVIDERS: setting(
    providers,
    'where models may run, in the order in which it is tried',
    'tensorrt,cuda,webgpu,cpu',
  ),
  REQUIRE_PROVIDER: setting(
    optional<string>(provider),
    'the only provider allowed: no start where a model does not load on it',
    undefined,
    {
      rule: ({ REQUIRE_PROVIDER: required, EXECUTION_PROVIDERS: listed }) =>
        required === undefined || !Array.isArray(listed) || listed.includes(required)
          ? null
          : `expected one of EXECUTION_PROVIDERS but received "${required}"`,
    },
  ),
  GPU_DEVICE_ID: setting(whole(0, 255), 'which GPU tensorrt and cuda use', '0'),
  ENGINE_CACHE_DIR: optionalSetting(
    'folder for engines without their headers; default: none, they are held in memory',
  ),
  PROBE_INTERVAL_MS: setting(
    whole(1000, 86_400_000),
    'how often each model has to prove itself on a picture whose answer is known, ms',
    '60000',
  ),
  INFERENCE_THREADS: setting(
    optional(whole(1, 64)),
    'inferences at once, each with models of its own; default: as many as cores, 4 at most; GPU: 1',
  ),
  INTRA_OP_THREADS: setting(
    optional(whole(1, 256)),
    'cores of one inference; default: what INFERENCE_THREADS leaves for each',
  ),
  INFERENCE_TIMEOUT_MS: setting(
    whole(100, 3_600_000),
    'longest inference, ms; the first of a thread: 6 times that. 10 s after it a busy thread is replaced',
    '10000',
  ),
  MAX_CONSECUTIVE_FAILURES: setting(
    whole(1, 1_000_000),
    'failures of a model in a row after which /ready says no',
    '5',
  ),
};

/** Values of {@link modelSettings}. */
export type ModelSettings = SettingsOf<typeof modelSettings>;
