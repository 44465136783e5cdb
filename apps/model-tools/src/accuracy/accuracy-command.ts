import { writeFile } from 'node:fs/promises';
import { flagName } from '@trinetra/env-settings';
import { UsageError } from '@trinetra/program';
import { type Command, InvalidArgumentError } from 'commander';
import { providersOption } from '../providers-option.ts';
import { formatDetection } from './detection-table.ts';
import { measureDetection } from './measure-detection.ts';
import { measureVerification } from './measure-verification.ts';
import { checkFiles, checkFolderOf } from './read-input.ts';
import { drawRoc } from './roc-plot.ts';
import { formatVerification } from './verification-table.ts';

interface AccuracyValues {
  readonly pairs?: string;
  readonly detections?: string;
  readonly images?: string;
  readonly face?: string;
  readonly classIds?: readonly number[];
  readonly confidence?: number;
  readonly category?: string;
  readonly json?: string;
  readonly plot?: string;
  readonly providers: string[];
}

function parseClassIds(text: string): number[] {
  const ids = text.split(',').map(Number);
  if (text.trim() !== '' && ids.every((id) => Number.isInteger(id) && id >= 0)) return ids;
  throw new InvalidArgumentError('expected whole numbers like 0,2');
}

function parseConfidence(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= 0.001 && value <= 1) return value;
  throw new InvalidArgumentError('expected a number in 0.001..1');
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Refuses options of one of the two ways to measure that came with the other. */
function refuse(values: AccuracyValues, names: readonly (keyof AccuracyValues)[], way: string): void {
  const [wrong] = names.filter((name) => values[name] !== undefined);
  if (wrong !== undefined) throw new UsageError(`${flagName(wrong)} goes with ${way} only: leave it out`);
}

const writeJson = async (file: string | undefined, report: unknown): Promise<void> => {
  if (file !== undefined) await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
};

async function verification(pairs: string, models: string[], values: AccuracyValues): Promise<void> {
  const { images, face, json, plot, providers } = values;
  refuse(values, ['classIds', 'confidence', 'category'], '--detections');
  if (plot !== undefined && !/\.svg$/i.test(plot)) {
    throw new UsageError(`--plot: expected a file that ends with .svg but received ${plot}`);
  }
  if (face !== undefined) await checkFiles([face], '--face');
  await checkFolderOf(plot, '--plot');
  const report = await measureVerification({ pairs, images, face, models, providers, say });
  print(formatVerification(report));
  await writeJson(json, report);
  if (plot !== undefined) await writeFile(plot, drawRoc(report));
}

async function detection(detections: string, models: string[], values: AccuracyValues): Promise<void> {
  const { images, json, providers, category = 'person', classIds = [0], confidence = 0.35 } = values;
  refuse(values, ['face', 'plot'], '--pairs');
  const options = { detections, images, category, classIds, confidence, models, providers, say };
  const report = await measureDetection(options);
  print(formatDetection(report));
  await writeJson(json, report);
}

async function accuracy(models: string[], values: AccuracyValues): Promise<void> {
  const { pairs, detections, json } = values;
  await checkFiles(models, 'model');
  await checkFolderOf(json, '--json');
  if (pairs !== undefined && detections === undefined) return verification(pairs, models, values);
  if (detections !== undefined && pairs === undefined) return detection(detections, models, values);
  throw new UsageError('expected either --pairs, for embedders, or --detections, for detectors');
}

/** Adds `trinetra-models accuracy`: how well embedders tell persons, and detectors find them. */
export function addAccuracyCommand(program: Command): void {
  program
    .command('accuracy')
    .argument('<models...>', 'embedders or detectors, .onnx or .engine, to compare with the first')
    .description(
      'how well embedders tell who is who, on pairs of faces, or detectors find persons, on truth of COCO',
    )
    .option('--pairs <file>', 'for embedders: pairs.txt of LFW, or CSV with the header a,b,same')
    .option('--detections <file>', 'for detectors: truth in the format of COCO')
    .option('--images <folder>', 'where the pictures are; default: where the pairs or the truth are')
    .option('--face <model>', 'face model, for pictures that are not aligned faces of 112x112 px')
    .option('--class-ids <list>', 'as CLASS_IDS; default: 0', parseClassIds)
    .option(
      '--confidence <number>',
      'for recall and precision, as CONFIDENCE_THRESHOLD; default: 0.35',
      parseConfidence,
    )
    .option('--category <name>', 'of the truth that the classes stand for; default: person')
    .addOption(providersOption)
    .option('--json <file>', 'file for all figures and the score of each pair')
    .option('--plot <file.svg>', 'file for the curve of true over false accept rate')
    .action(accuracy);
}
