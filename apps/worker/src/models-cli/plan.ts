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

function shapeOf({ name, dims }: TensorInfo, batch: number, side: number): string {
  const [, ...rest] = dims;
  return `${name}:${[batch, ...rest.map((dim) => sizeOf(dim, side))].join('x')}`;
}

/** Values of `imgsz` in Ultralytics' metadata; 640 without. */
function sideOf(metadata: Readonly<Record<string, string>>): number {
  return Number(/\d+/.exec(metadata['imgsz'] ?? '')?.[0] ?? 640);
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
  const side = embeds ? 112 : crops === null ? sideOf(metadata) : cropSide;
  const open = inputs.some(({ dims }) => dims.some((dim) => typeof dim !== 'number' || dim < 0));
  const sizes = embeds ? [1, Math.min(4, faces), faces] : (crops ?? [batch, batch, batch]);
  const shapes = ['min', 'opt', 'max'].map((which, index) => {
    const all = inputs.map((input) => shapeOf(input, sizes[index] ?? batch, side));
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
