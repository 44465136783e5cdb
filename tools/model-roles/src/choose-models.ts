import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TrinetraError } from '@trinetra/contracts';
import { InferenceError } from '@trinetra/inference-runtime';
import { describeFile, type FileDescription, type ModelRole, roleOf } from '@trinetra/person-pipeline';

/** A folder lacks a needed model; the message has a line for each problem. */
export class ModelChoiceError extends TrinetraError<'bad_models'> {}

export interface ChooseOptions<Needed extends ModelRole> {
  /** Whether to choose engines, before `.onnx` files; default false. */
  readonly engines?: boolean;
  /** Default: all. */
  readonly needed?: readonly Needed[];
}

/** Paths of the models of a folder. */
export interface ChosenModels<Needed extends ModelRole = ModelRole> {
  readonly models: Readonly<Record<Needed, string> & Partial<Record<ModelRole, string>>>;
  /** Lines for people: chosen and other files. */
  readonly notes: readonly string[];
}

/** Name and description of each role. */
const names: Readonly<Record<ModelRole, string>> = {
  detector: 'detector',
  face: 'face model',
  embedder: 'embedder',
};
const examples: Readonly<Record<ModelRole, string>> = {
  detector: 'a detector of persons, such as YOLOv8,',
  face: 'a face model, such as YuNet or SCRFD with landmarks,',
  embedder: 'an embedder, such as ArcFace or EdgeFace,',
};
const roles = Object.keys(names) as ModelRole[];

interface Candidate {
  readonly name: string;
  readonly role: ModelRole | null;
  /** Why it has no role. */
  readonly reason: string;
  readonly warnings: readonly string[];
  /** Order of choice, lowest first. */
  readonly rank: number;
}

/** Whether runs may have several pictures: the batch is open, and no output has room for one picture only. */
function hasOpenBatch({ inputs, outputs }: FileDescription): boolean {
  const isOne = ({ dims }: { dims: readonly unknown[] }): boolean => dims.length < 3 || dims[0] === 1;
  const [batch] = inputs[0]?.dims ?? [];
  return !(typeof batch === 'number' && batch > 0) && !outputs.some(isOne);
}

/** Engines first; of face models those that take several pictures; what belongs to an engine last. */
function rankOf(name: string, role: ModelRole, description: FileDescription): number {
  if (name.endsWith('.engine')) return 0;
  if (name.endsWith('.fp16.onnx')) return 3;
  return role === 'face' && !hasOpenBatch(description) ? 2 : 1;
}

/** What a file without a role is, if a stage knows it: a head of YOLOv5, and the like. */
function reasonOf(reasons: readonly string[]): string {
  const known = reasons
    .map((reason) => /: (this is [^;]*)/.exec(reason)?.[1])
    .find((one) => one !== undefined);
  return known ?? 'it has none of the shapes of the three models';
}

async function candidate(folder: string, name: string): Promise<Candidate> {
  const none = (reason: string): Candidate => ({ name, role: null, reason, warnings: [], rank: 0 });
  try {
    const path = join(folder, name);
    const description = await describeFile(path);
    if (description === null) return none('nothing tells its inputs and outputs');
    const answer = roleOf(path, description);
    if (answer.role === null) return none(reasonOf(answer.reasons));
    const warnings = answer.warnings ?? [];
    return { name, role: answer.role, reason: '', warnings, rank: rankOf(name, answer.role, description) };
  } catch (error) {
    if (InferenceError.isInstance(error)) return none(error.message);
    throw error;
  }
}

/** Files that need an export first, listed so that users find them. */
const isCheckpoint = /\.(?:pt|pth|safetensors|tflite|pb|h5|keras|zip)$/i;

async function listModels(folder: string, engines: boolean): Promise<string[]> {
  const entries = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    const said: Record<string, string> = { ENOENT: 'does not exist', ENOTDIR: 'is a file' };
    const reason = said[cause.code ?? ''] ?? `cannot be read (${cause.code})`;
    throw new ModelChoiceError('bad_models', `--models: expected a folder but ${folder} ${reason}`, {
      cause,
    });
  });
  const isModel = engines ? /\.(?:onnx|engine)$/i : /\.onnx$/i;
  return entries.filter((name) => isModel.test(name) || isCheckpoint.test(name)).toSorted();
}

/**
 * Chooses one model for each role in a folder, by graph and not by name. Of several it takes the first by name;
 * of face models first those that take several pictures a run.
 *
 * @throws {ModelChoiceError} if there is no folder, or no file for a needed role: names every file and why it
 * does not fit.
 */
export async function chooseModels<Needed extends ModelRole = ModelRole>(
  folder: string,
  options: ChooseOptions<Needed> = {},
): Promise<ChosenModels<Needed>> {
  const needed: readonly ModelRole[] = options.needed ?? roles;
  const found: Candidate[] = [];
  for (const name of await listModels(folder, options.engines === true))
    found.push(await candidate(folder, name));
  const others = found.filter(({ role }) => role === null).map(({ name, reason }) => `${name}: ${reason}`);
  const models: Partial<Record<ModelRole, string>> = {};
  const notes: string[] = [];
  const problems: string[] = [];
  for (const role of roles) {
    const [first, ...rest] = found
      .filter((one) => one.role === role)
      .toSorted((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1));
    if (first !== undefined) {
      models[role] = join(folder, first.name);
      const left = rest.length === 0 ? '' : `, not ${rest.map(({ name }) => name).join(', ')}`;
      notes.push(`${names[role]}: ${first.name}${left}`, ...first.warnings.map((one) => `  ${one}`));
    } else if (needed.includes(role)) {
      problems.push(`--models: expected ${examples[role]} in ${folder} but found none`);
    }
  }
  if (problems.length > 0) {
    throw new ModelChoiceError('bad_models', [...problems, ...others.map((line) => `  ${line}`)].join('\n'));
  }
  return {
    models: models as ChosenModels<Needed>['models'],
    notes: [...notes, ...others.map((line) => `not used: ${line}`)],
  };
}
