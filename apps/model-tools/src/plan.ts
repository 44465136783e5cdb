import { basename } from 'node:path';
import { detectorSizesOf, inputSizesFor, sizeText } from '@trinetra/detector';
import { embedderRunSizes, faceSize } from '@trinetra/embedder';
import { cropSize, faceRunSizes } from '@trinetra/face-aligner';
import { letterboxIn } from '@trinetra/frame-decoder';
import {
  describeOnnxFile,
  type GpuInfo,
  gpuTag,
  type ParsedOnnx,
  type TensorInfo,
} from '@trinetra/inference-runtime';
import { roleOf } from '@trinetra/person-pipeline';
import { UsageError } from '@trinetra/program';

export interface PlanOptions {
  readonly gpu: Pick<GpuInfo, 'name' | 'computeCapability'>;
  readonly batch: number;
  /** Faces a run of an embedder, at most. */
  readonly faces: number;
  /** Width over height of the pictures that a detector with open sides is built for; undefined: of any. */
  readonly aspect?: number | undefined;
}

/** What an engine is built for: the smallest, the usual and the largest run, and the sides of the picture. */
interface Build {
  readonly sizes: readonly [least: number, usual: number, most: number];
  readonly height: number;
  readonly width: number;
}

/** Runs of 1 to the most items, and the size in between that runs are padded to. */
function runsUpTo(sizes: readonly number[]): Build['sizes'] {
  const [least = 1] = sizes;
  const most = sizes.at(-1) ?? least;
  return [least, sizes.at(-2) ?? least, most];
}

/** Sizes of the runs of a face model. Some give the faces of one crop, and have no axis for more. */
function cropSizesOf(outputs: readonly TensorInfo[]): Build['sizes'] {
  return outputs.some(({ dims }) => dims.length < 3 || dims[0] === 1) ? [1, 1, 1] : runsUpTo(faceRunSizes);
}

/** The input of a detector: the one that the worker would run it at. */
function detectorSideOf(file: string, model: ParsedOnnx, aspect: number | undefined) {
  const sizes = detectorSizesOf(model);
  if (sizes === null) throw new UsageError(`${file}: expected an input of pictures`);
  const { inputSize, hasOpenSides, stride } = sizes;
  if (aspect === undefined) return inputSize;
  if (!hasOpenSides) {
    throw new UsageError(
      `--aspect: expected a model with open sides but ${file} is for ${sizeText(inputSize)}: export it with dynamic=True, or leave --aspect out`,
    );
  }
  const side = Math.max(inputSize.width, inputSize.height);
  const { inputWidth: width, inputHeight: height } = letterboxIn(
    { width: side, height: side },
    inputSizesFor(inputSize, stride, [aspect]),
    aspect,
  );
  return { width, height };
}

function buildOf(file: string, model: ParsedOnnx, { batch, faces, aspect }: PlanOptions): Build {
  const answer = roleOf(file, model);
  if (answer.role === null) {
    throw new UsageError(`${file} is no model of the worker:\n  ${answer.reasons.join('\n  ')}`);
  }
  if (answer.role === 'detector')
    return { sizes: [batch, batch, batch], ...detectorSideOf(file, model, aspect) };
  if (aspect !== undefined) throw new UsageError(`--aspect: expected a detector but ${file} is none`);
  return answer.role === 'embedder'
    ? { sizes: runsUpTo(embedderRunSizes(faces)), height: faceSize, width: faceSize }
    : { sizes: cropSizesOf(model.outputs), height: cropSize, width: cropSize };
}

const isOpen = (dim: number | string | undefined): boolean => typeof dim !== 'number' || dim <= 0;

/** The picture input with its sides, which are as the file has them where it fixes them. */
function withSides({ dims, ...input }: TensorInfo, { height, width }: Build): TensorInfo {
  const fallbacks = [3, height, width];
  const [batch = 'batch', ...rest] = dims;
  return {
    ...input,
    dims: [batch, ...rest.map((dim, axis) => (isOpen(dim) ? (fallbacks[axis] ?? dim) : dim))],
  };
}

/**
 * The commands that build the engine of a model on a GPU, and the file to put beside it. Exactly the sizes that the worker
 * runs are built: BATCH_SIZE frames, 1 to 16 crops of persons, and 1 to 16 faces.
 *
 * @param file A `.pt` of Ultralytics or an `.onnx`.
 * @throws {UsageError} for a model that the worker does not run; what reading the file throws.
 */
export async function planEngine(file: string, options: PlanOptions): Promise<string> {
  const { gpu, batch } = options;
  const tag = gpuTag(gpu.name);
  const stem = basename(file).replace(/\.[^.]+$/, '');
  const engine = `${stem}.${tag}.engine`;
  const sidecar = (io: object): string => {
    const { name, computeCapability } = gpu;
    const told = { gpu: name, computeCapability, precision: 'fp16', ...io };
    return `printf '%s' '${JSON.stringify(told)}' > ${engine}.json`;
  };
  if (file.endsWith('.pt')) {
    return [
      `# on the machine with the ${gpu.name}; ${stem}.onnx stays beside the engine, for all other machines`,
      `yolo export model=${file} format=onnx dynamic=True simplify=True opset=17`,
      `# then, for the commands of the engine:`,
      `trinetra-models plan ${file.replace(/\.pt$/, '.onnx')} --gpu '${gpu.name}'`,
      `# or Ultralytics' own way, whose header the worker reads:`,
      `yolo export model=${file} format=engine half=True batch=${batch} device=0 && mv ${file.replace(/\.pt$/, '.engine')} ${engine}`,
    ].join('\n');
  }
  const model = await describeOnnxFile(file);
  const build = buildOf(file, model, options);
  const inputs = model.inputs.map((input) => withSides(input, build));
  const open = model.inputs.some(({ dims }) => dims.some(isOpen));
  const shapes = ['min', 'opt', 'max'].map((which, index) => {
    const all = inputs.map(
      ({ name, dims: [, ...rest] }) => `${name}:${[build.sizes[index], ...rest].join('x')}`,
    );
    return `--${which}Shapes=${all.join(',')}`;
  });
  const command = ['trtexec', `--onnx=${file}`, `--saveEngine=${engine}`, '--fp16', ...(open ? shapes : [])];
  return [
    `# on the machine with the ${gpu.name}, with the TensorRT that ONNX Runtime uses (docs/GPU.md)`,
    `${command.join(' ')} --skipInference`,
    sidecar({ inputs, outputs: model.outputs }),
    `trinetra-models inspect ${engine}`,
  ].join('\n');
}
