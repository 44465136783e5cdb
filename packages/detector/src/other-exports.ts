import type { ModelInfo } from '@trinetra/inference-runtime';
import { fixed } from './head.ts';

const ultralytics =
  'export a YOLOv8, YOLO11, YOLO26 or RT-DETR model with Ultralytics (yolo export format=onnx)';
const oneOutput =
  'export it with one input and the one output torch.cat((pred_boxes, pred_logits.sigmoid()), -1), [n, queries, 4 + classes]';

interface Outputs {
  readonly inputs: readonly string[];
  readonly names: readonly string[];
  readonly ranks: readonly number[];
  /** The last dims, null where they are open. */
  readonly last: readonly (number | null)[];
}

const has = (names: readonly string[], ...wanted: string[]): boolean =>
  wanted.every((name) => names.includes(name));

/** Sets of outputs of other exporters, what they are, and what runs instead; the first that fits counts. */
const others: readonly (readonly [fits: (outputs: Outputs) => boolean, what: string])[] = [
  [
    ({ inputs }) => has(inputs, 'orig_target_sizes') || has(inputs, 'scale_factor'),
    `this is RT-DETR (or D-FINE, DEIM) as the repository of its authors exports it, with the size of the picture as another input: ${oneOutput}`,
  ],
  [
    ({ names }) => has(names, 'logits', 'pred_boxes') || has(names, 'pred_logits', 'pred_boxes'),
    `these are the logits and pred_boxes of a DETR, as Hugging Face exports it: where it is RT-DETR, ${oneOutput}`,
  ],
  [
    ({ names, last }) => has(names, 'dets', 'labels') && last[0] === 4,
    `this is RF-DETR, whose input is scaled in another way: ${ultralytics}`,
  ],
  [
    ({ names }) => names.some((name) => /^(?:num_det|num_dets|det_boxes|detection_)/.test(name)),
    `these are the outputs of SSD, the TensorFlow Object Detection API or an NMS plugin: ${ultralytics}`,
  ],
  [
    ({ names }) => has(names, 'boxes', 'labels', 'scores') || has(names, 'dets', 'labels'),
    `these are boxes, labels and scores as torchvision or MMDeploy export them: ${ultralytics}`,
  ],
  [
    ({ names }) => has(names, 'regressors', 'classificators') || has(names, 'regressors', 'classifiers'),
    `this is a BlazeFace or BlazePose model of MediaPipe: ${ultralytics}`,
  ],
  [
    ({ names, last }) =>
      has(names, 'cls_8', 'obj_8', 'bbox_8', 'kps_8') ||
      [1, 4, 10].every((size) => last.filter((dim) => dim === size).length === 3),
    `this is YuNet or SCRFD, which finds faces: it goes to createFaceAligner, and for persons ${ultralytics}`,
  ],
  [
    ({ names, ranks, last }) =>
      names.length === 2 && ranks.every((rank) => rank === 3) && last.some((dim) => dim === 4),
    `boxes and scores are two outputs, as in YOLO-NAS and SSD: ${ultralytics}`,
  ],
  [
    ({ ranks }) => ranks[0] === 3 && ranks.includes(4),
    `this is a model for segmentation, with masks beside its boxes: ${ultralytics.replace('model', 'model for the task "detect"')}`,
  ],
  [
    ({ ranks }) => ranks.every((rank) => rank >= 4),
    `these are raw feature maps, without the last layer that makes boxes of them: ${ultralytics}`,
  ],
  [
    ({ ranks, last }) => ranks.length === 1 && ranks[0] === 2 && last[0] === 7,
    `this is a YOLOv7 whose rows start with the number of the picture: ${ultralytics}`,
  ],
];

/** What a model is that has another set of inputs and outputs than a detector of ours; null: nothing that is known. */
export function otherExport({ inputs, outputs }: Pick<ModelInfo, 'inputs' | 'outputs'>): string | null {
  const seen: Outputs = {
    inputs: inputs.map(({ name }) => name),
    names: outputs.map(({ name }) => name),
    ranks: outputs.map(({ dims }) => dims.length),
    last: outputs.map(({ dims }) => fixed(dims.at(-1))),
  };
  return outputs.length === 0 ? null : (others.find(([fits]) => fits(seen))?.[1] ?? null);
}
