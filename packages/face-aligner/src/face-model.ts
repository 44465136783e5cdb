import {
  type ByteInput,
  hasByteInput,
  type ImageInput,
  type InferenceModel,
  type ModelDescription,
  type PictureOptions,
  pictureType,
  problemOfPixels,
  rangeOfLevels,
  readImageInput,
  type TensorData,
  type TensorInfo,
} from '@trinetra/inference-runtime';
import type { CropFormat } from './crop-format.ts';
import { FaceAlignerError } from './errors.ts';
import type { FaceCandidate } from './face-candidate.ts';
import { decodeScrfd, findScrfdOutputs, scrfdPixels } from './scrfd.ts';
import { decodeYunet, isYunet, yunetPixels } from './yunet.ts';

/** Side of a crop, px, where the model leaves it open; all strides divide it. */
export const cropSize = 320;

/** What a face model takes and how its outputs are read. */
export interface FaceModel {
  readonly kind: 'yunet' | 'scrfd';
  readonly input: ImageInput;
  /** Crops of every run where the model fixes them; null: any number. */
  readonly fixedBatch: number | null;
  readonly format: CropFormat;
  /** Crops are bytes `[h, w, 3]` where the model takes them so, else float32 `[3, h, w]`. */
  readonly tensorType: 'uint8' | 'float32';
  /** The faces of crop `index`, best first, in pixels of the crop. */
  decode(outputs: Readonly<Record<string, TensorData>>, index: number, threshold: number): FaceCandidate[];
}

const describeTensor = ({ name, dims }: TensorInfo): string => `${name} [${dims.join(', ')}]`;

function mismatch(expected: string, received: string): FaceAlignerError {
  return new FaceAlignerError('model_mismatch', `face model: Expected ${expected} but received ${received}`);
}

/** Null for a model that is neither YuNet nor SCRFD with five landmarks. */
function kindOf(outputs: readonly TensorInfo[]): FaceModel['kind'] | null {
  if (isYunet(outputs)) return 'yunet';
  return findScrfdOutputs(outputs) === null ? null : 'scrfd';
}

const pixelsOf = (kind: FaceModel['kind']): typeof yunetPixels =>
  kind === 'yunet' ? yunetPixels : scrfdPixels;

/**
 * How a face model is made to take crops of bytes, which are a quarter of the memory; for `byteInput` of `loadModel`.
 *
 * @returns Undefined for a model that is neither YuNet nor SCRFD with five landmarks.
 */
export function faceByteInput({ outputs }: Pick<ModelDescription, 'outputs'>): ByteInput | undefined {
  const kind = kindOf(outputs);
  if (kind === null) return undefined;
  const { mean, divisor } = pixelsOf(kind);
  return { mean, divisor };
}

/** What the pictures are like that a face model is proven on: levels as the model gets them, of the size of a crop. */
export function faceSamplePicture({
  fileInputs,
  outputs,
}: Pick<ModelDescription, 'fileInputs' | 'outputs'>): PictureOptions {
  const scaled = fileInputs[0]?.type === 'uint8' ? undefined : faceByteInput({ outputs });
  return {
    range: rangeOfLevels(scaled ?? { divisor: 1 }),
    size: { width: cropSize, height: cropSize },
  };
}

/**
 * Tells the kind of a face model by its outputs.
 *
 * @throws {FaceAlignerError} `model_mismatch` for a model that is neither YuNet nor SCRFD with five landmarks, or whose
 * input is not `[n, 3, h, w]` or `[n, h, w, 3]` of float32, float16 or uint8 with h and w multiples of 32, or that was
 * made to take bytes otherwise than by {@link faceByteInput}.
 */
export function readFaceModel(model: InferenceModel): FaceModel {
  const { inputs, outputs } = model.info;
  const input = readImageInput(inputs[0]);
  const scrfd = findScrfdOutputs(outputs);
  const kind = kindOf(outputs);
  if (kind === null) {
    throw mismatch(
      'the outputs of YuNet (cls, obj, bbox and kps, each _8, _16 and _32) or of SCRFD with landmarks (three each of [n, 1], [n, 4] and [n, 10])',
      `${outputs.length} outputs: ${outputs.map(describeTensor).join(', ')}; use a face detector with five landmarks, such as scrfd_*_bnkps`,
    );
  }
  const [cropWidth, cropHeight] = [input?.width ?? cropSize, input?.height ?? cropSize];
  if (input === null || inputs.length > 1 || cropWidth % 32 !== 0 || cropHeight % 32 !== 0) {
    throw mismatch(
      'one input [n, 3, h, w] or [n, h, w, 3] of float32, float16 or uint8 with h and w open or multiples of 32',
      `${model.info.fileInputs.map((given) => `${given.type} ${describeTensor(given)}`).join(', ')}; export the model so`,
    );
  }
  // Outputs without a batch axis hold one crop, whatever the input allows.
  const oneCrop = scrfd !== null && outputs.some(({ dims }) => dims.length < 3 || dims[0] === 1);
  const fixedBatch = input.batch ?? (oneCrop ? 1 : null);
  if (oneCrop && fixedBatch !== 1) {
    throw mismatch(
      'outputs with a batch axis',
      `a batch of ${fixedBatch} with ${outputs.map(describeTensor).join(', ')}`,
    );
  }
  const pixels = pixelsOf(kind);
  if (!hasByteInput(model.info, pixels)) {
    throw mismatch(
      `bytes that become (level - ${pixels.mean}) / ${pixels.divisor}`,
      `${JSON.stringify(model.info.byteInput)}; load it with byteInput: faceByteInput`,
    );
  }
  const takesBytes = model.info.fileInputs[0]?.type === 'uint8';
  const problem = problemOfPixels(model.info.pixels, {
    range: takesBytes || kind === 'yunet' ? 'levels' : 'scaled',
    mayScale: false,
  });
  if (problem !== null)
    throw new FaceAlignerError('model_mismatch', `face model ${model.info.path}: ${problem}`);
  // Bytes can only be the levels themselves.
  const levels = input.type === 'uint8' ? { mean: 0, divisor: 1 } : {};
  const format: CropFormat = { ...pixels, ...levels, width: cropWidth, height: cropHeight };
  return {
    kind,
    input,
    fixedBatch,
    format,
    tensorType: pictureType(input),
    decode: (values, index, threshold) => {
      if (kind === 'yunet') return decodeYunet(values, index, threshold, format);
      // By the shapes that came: those that the file declares may be open, or of another size.
      const came = Object.entries(values).map(([name, { type, dims }]) => ({ name, type, dims }));
      return decodeScrfd(values, findScrfdOutputs(came) ?? scrfd ?? [], index, threshold, format);
    },
  };
}
