import { DemoError } from './errors.ts';

/** File names in the folder of models. */
export interface ChosenModels {
  readonly detector: string;
  readonly face: string;
  readonly embedder: string;
}

const wanted = {
  detector: { pattern: /yolov8.*\.onnx$/i, finds: 'persons', example: 'yolov8n.onnx' },
  face: { pattern: /(yunet|scrfd).*\.onnx$/i, finds: 'faces', example: 'yunet.onnx' },
  embedder: { pattern: /(edgeface|arcface).*\.onnx$/i, finds: 'embeddings', example: 'edgeface_xs.onnx' },
} as const;

/**
 * Picks one model for each step by its name: the first in alphabetical order.
 *
 * @param names File names in the folder.
 * @throws {DemoError} `bad_options`, one line for each model that is not there.
 */
export function chooseModels(folder: string, names: readonly string[]): ChosenModels {
  const sorted = names.toSorted();
  const problems: string[] = [];
  const pick = (kind: keyof typeof wanted): string => {
    const { pattern, finds, example } = wanted[kind];
    const found = sorted.find((name) => pattern.test(name));
    if (found === undefined) {
      problems.push(`--models: expected a model for ${finds}, like ${example}, in ${folder} but found none`);
    }
    return found ?? '';
  };
  const models = { detector: pick('detector'), face: pick('face'), embedder: pick('embedder') };
  if (problems.length > 0) throw new DemoError('bad_options', problems.join('\n'));
  return models;
}
