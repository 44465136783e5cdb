import type { Size } from '@trinetra/contracts';
import type { ModelInfo } from '@trinetra/inference-runtime';
import { cellCounts, hasOwnSuppression } from './head.ts';
import { sizeText } from './input-sizes.ts';
import type { DetectorSettings } from './options.ts';

/** Names of a class that stand for a person, in the data sets that detectors are trained on; without case, also in the plural. */
const personNames = /^(?:person|people|pedestrian|human|man|men|woman|women)s?$/i;

/** What Ultralytics bakes in where an export with `nms=True` names no thresholds. */
const usualThresholds = { conf: 0.25, iou: 0.7 };

/** The wanted classes that are no persons by their names; models without names tell nothing. */
function classWarning(
  classNames: Readonly<Record<number, string>>,
  classIds: readonly number[],
): string | null {
  const isPerson = (id: number): boolean => personNames.test(classNames[id]?.trim() ?? '');
  const odd = classIds.filter((id) => classNames[id] !== undefined && !isPerson(id));
  if (odd.length === 0) return null;
  const persons = Object.keys(classNames).map(Number).filter(isPerson);
  const named = (ids: readonly number[]): string => ids.map((id) => `'${classNames[id]}'`).join(', ');
  const list = (ids: readonly number[]): string =>
    `${ids.length === 1 ? 'class' : 'classes'} ${ids.join(', ')} of this model ${ids.length === 1 ? 'is' : 'are'} ${named(ids)}`;
  const remedy =
    persons.length === 0
      ? 'set CLASS_IDS to the class of persons, or take a model that has one'
      : `set CLASS_IDS=${persons.slice(0, 8).join(',')} for ${named(persons.slice(0, 8))}`;
  return `${list(odd)}, not a person: ${remedy}`;
}

/** Thresholds that are in the graph, where they are others than the settings. Ultralytics writes them into no ONNX file (up to 8.4). */
function suppressionWarning(
  metadata: Readonly<Record<string, string>>,
  { confidenceThreshold, iouThreshold }: DetectorSettings,
): string | null {
  if (!hasOwnSuppression(metadata)) return null;
  const baked = (name: string): number | null => {
    const match = new RegExp(`["']${name}["']\\s*:\\s*([0-9.]+)`).exec(metadata['args'] ?? '');
    return match === null ? null : Number(match[1]);
  };
  const [conf, iou] = [baked('conf'), baked('iou')];
  if (conf === confidenceThreshold && iou === iouThreshold) return null;
  const told =
    conf !== null && iou !== null
      ? `conf ${conf} and iou ${iou}`
      : `conf and iou that it does not tell (${usualThresholds.conf} and ${usualThresholds.iou} where the export named none)`;
  return (
    `this model suppresses in its graph (nms=True), with ${told}, while CONFIDENCE_THRESHOLD is ${confidenceThreshold} and NMS_IOU_THRESHOLD ` +
    `${iouThreshold}: persons below its conf are lost, and NMS_IOU_THRESHOLD does nothing; export it without nms=True`
  );
}

/** A graph that does not tell what it does to the pixels, or that gives anchors of another picture than it takes. */
function graphWarnings(
  { pixels, outputs }: Pick<ModelInfo, 'pixels' | 'outputs'>,
  input: Size | null,
): string[] {
  const warnings: string[] = [];
  if (pixels !== null && pixels.problem !== '') {
    warnings.push(
      `its graph does not tell what pixels it takes (${pixels.problem}; before its first layer: ${pixels.steps.join(', ')}): ` +
        'it is given RGB of 0..1; compare some pictures with the program that it was made with',
    );
  }
  const [, rows = 0, anchors = 0] = outputs[0]?.dims ?? [];
  if (input !== null && typeof rows === 'number' && typeof anchors === 'number' && anchors > rows) {
    if (!cellCounts(input).includes(anchors)) {
      warnings.push(
        `its ${anchors} anchors are not those of a picture of ${sizeText(input)}: where its graph resizes or pads the picture, boxes come out ` +
          'wrong; export it without',
      );
    }
  }
  return warnings;
}

/**
 * Sentences for the log of the start, with the worker's names for settings; none where all is as it should be.
 *
 * @param input Of a model with YOLOv8's head and fixed sides, px.
 */
export function warningsOf(
  info: Pick<ModelInfo, 'metadata' | 'pixels' | 'outputs'>,
  classNames: Readonly<Record<number, string>>,
  settings: DetectorSettings,
  input: Size | null = null,
): string[] {
  return [
    classWarning(classNames, settings.classIds),
    suppressionWarning(info.metadata, settings),
    ...graphWarnings(info, input),
  ].filter((warning) => warning !== null);
}
