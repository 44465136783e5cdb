import { basename } from 'node:path';
import { faceByteInput } from '@trinetra/face-aligner';
import { type GpuInfo, gpuTag, readOnnxFile, type TensorInfo } from '@trinetra/inference-runtime';
import { runSizes } from '../run-sizes.ts';

export interface PlanOptions {
  readonly gpu: Pick<GpuInfo, 'name' | 'computeCapability'>;
  readonly batch: number;
  /** Faces a run of an embedder, at most. */
  readonly faces: number;
}

type Sides = readonly [height: number, width: number];

/** Side of the crops of a face model that leaves it open, px. */
const cropSide = 320;

const isEmbedder = (outputs: readonly TensorInfo[]): boolean =>
  outputs.length === 1 && outputs[0]?.dims.length === 2 && outputs[0].dims[1] === 512;

/** Sizes of the runs of a face model; null for another model. Some give the faces of one crop, and have no axis for more. */
function cropSizesOf(outputs: readonly TensorInfo[]): readonly number[] | null {
  if (faceByteInput({ outputs }) === undefined) return null;
  return outputs.some(({ dims }) => dims.length < 3 || dims[0] === 1) ? [1, 1, 1] : runSizes;
}

/** Sizes that an open axis of pictures is built for. */
const sizeOf = (dim: number | string, fallback: number): number =>
  typeof dim === 'number' && dim > 0 ? dim : fallback;

/** @param sides Height and width, where they are open. */
function shapeOf({ name, dims }: TensorInfo, batch: number, [height, width]: Sides): string {
  const [, ...rest] = dims;
  const fallbacks = [3, height, width];
  return `${name}:${[batch, ...rest.map((dim, axis) => sizeOf(dim, fallbacks[axis] ?? width))].join('x')}`;
}

/** Values of `imgsz` in Ultralytics' metadata, a number or height and width; 640 without. */
function sidesOf(metadata: Readonly<Record<string, string>>): Sides {
  const [height = 640, width = height] = (metadata['imgsz']?.match(/\d+/g) ?? []).map(Number);
  return [height, width];
}

/**
 * The commands that build the engine of a model on a GPU, and the file to put beside it. Exactly the sizes that the worker
 * runs are built: BATCH_SIZE frames, 1 to 16 crops of persons, and 1 to 16 faces.
 *
 * @param file A `.pt` of Ultralytics or an `.onnx`.
 */
export async function planEngine(file: string, options: PlanOptions): Promise<string> {
  const { gpu, batch, faces } = options;
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
  const { inputs, outputs, metadata } = await readOnnxFile(file);
  const crops = cropSizesOf(outputs);
  const embeds = isEmbedder(outputs);
  const sides: Sides = embeds ? [112, 112] : crops === null ? sidesOf(metadata) : [cropSide, cropSide];
  const open = inputs.some(({ dims }) => dims.some((dim) => typeof dim !== 'number' || dim < 0));
  const sizes = embeds ? [1, Math.min(4, faces), faces] : (crops ?? [batch, batch, batch]);
  const shapes = ['min', 'opt', 'max'].map((which, index) => {
    const all = inputs.map((input) => shapeOf(input, sizes[index] ?? batch, sides));
    return `--${which}Shapes=${all.join(',')}`;
  });
  const command = ['trtexec', `--onnx=${file}`, `--saveEngine=${engine}`, '--fp16', ...(open ? shapes : [])];
  return [
    `# on the machine with the ${gpu.name}, with the TensorRT that ONNX Runtime uses (docs/GPU.md)`,
    `${command.join(' ')} --skipInference`,
    sidecar({ inputs, outputs }),
    `trinetra-models inspect ${engine}`,
  ].join('\n');
}
