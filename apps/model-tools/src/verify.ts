import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText } from '@trinetra/contracts';
import { createProvenEmbedder, describeFacePixels } from '@trinetra/embedder';
import {
  type Agreement,
  createInferenceRuntime,
  type InferenceModel,
  type InferenceRuntimeOptions,
  nameOfStep,
  prove,
} from '@trinetra/inference-runtime';
import { exitCodeOf, UsageError } from '@trinetra/program';
import { fullPrecisionOf } from './full-precision.ts';
import { loadReference } from './reference.ts';
import { toldPixels } from './told-pixels.ts';

/** Sample pictures that a model is compared on. */
const pictures = 3;

/** Of a quantised model: what it loses is for `trinetra-models accuracy` to say. */
const leastOfQuantised = 0.8;

/** How one model file did. */
export interface Verdict {
  readonly file: string;
  readonly ok: boolean;
  /** Of a file that is no model, or none of the worker's. */
  readonly unusable?: true;
  readonly kind?: string;
  /** The file and provider that ran, with its precision. */
  readonly runs?: string;
  readonly warmUpMs?: number;
  readonly runMs?: number;
  /** The worst of the pictures. */
  readonly cosine?: number;
  /** Steps that failed before, or what is wrong. */
  readonly notes: readonly string[];
}

export interface VerifyOptions {
  readonly runtime: Pick<InferenceRuntimeOptions, 'executionProviders' | 'requireProvider' | 'deviceId'>;
  readonly batch: number;
}

/** How an embedder does on faces, as the worker proves it at its start. */
async function proveFaces(model: InferenceModel): Promise<{ problem: string; remark: string }> {
  const { proof, embedder } = await createProvenEmbedder({ model, pixels: toldPixels() });
  const { why, pixels } = embedder.input;
  const given = `faces as '${describeFacePixels(pixels)}' (${why})`;
  const alone = proof.oneByOne
    ? '; one face a run, since the others of a run change or break its answers'
    : '';
  return { problem: proof.problem, remark: `${given}${alone}` };
}

/** Loads a model as the worker would, runs the sample pictures, and compares with its `.onnx` in full precision on the CPU. */
async function verifyFile(file: string, { runtime: options, batch }: VerifyOptions): Promise<Verdict> {
  await using runtime = await createInferenceRuntime({ ...options, runTimeoutMs: 120_000 });
  try {
    const model = await runtime.loadModel(file);
    const { path, provider, precision, fallback } = model.info;
    const notes = (fallback?.steps ?? []).map(
      (step) => `${nameOfStep(step)}: ${step.reason} (${step.message})`,
    );
    const full = await fullPrecisionOf(file);
    if (full.path === null) {
      notes.push(
        `not in full precision, and compared with itself alone: there is no fp32 file beside it, by the name of ${full.lookedFor.join(' or ')}`,
      );
    } else if (full.path !== file) notes.push(`compared with ${full.path}`);
    await using reference = await loadReference(full.path ?? file);
    const { kind } = reference;
    const times: number[] = [];
    const agreements: Agreement[] = [];
    for (let seed = 1; seed <= pictures; seed += 1) {
      const golden = await reference.golden(seed);
      for (let run = seed === 1 ? 0 : 1; run < 2; run += 1) {
        const startedAt = performance.now();
        const agreement = await prove({ ...kind.picture, ...kind, model, golden, batch });
        times.push(performance.now() - startedAt);
        if (run === 1) agreements.push(agreement);
      }
    }
    const [warmUpMs = 0, ...rest] = times;
    const bad = agreements
      .filter(({ ok, cosine }) => !ok && !(precision === 'int8' && cosine >= leastOfQuantised))
      .map(({ problem }) => problem);
    if (precision === 'int8' && full.path !== null && full.path !== file) {
      notes.push(
        'int8 gives other numbers than full precision: what it loses, trinetra-models accuracy says',
      );
    }
    if (kind.name === 'embedder') {
      const { problem, remark } = await proveFaces(model);
      if (problem !== '') bad.push(problem);
      if (remark !== '') notes.push(remark);
    }
    return {
      file,
      ok: bad.length === 0,
      kind: kind.name,
      runs: `${path === file ? '' : `${path} `}on ${provider}, ${precision}`,
      warmUpMs: Math.round(warmUpMs),
      runMs: Math.round(Math.min(...rest) * 10) / 10,
      cosine: Math.min(...agreements.map(({ cosine }) => cosine)),
      notes: [...notes, ...(kind.warnings ?? []), ...bad],
    };
  } catch (error) {
    const unusable = exitCodeOf(error) === 2 ? ({ unusable: true } as const) : {};
    return { file, ok: false, ...unusable, notes: [errorText(error)] };
  }
}

async function listFolder(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    const reasons: Record<string, string> = { ENOENT: 'is not there', ENOTDIR: 'is a file' };
    const reason = reasons[error.code ?? ''] ?? `cannot be read (${error.code})`;
    throw new UsageError(`expected a folder of models but ${folder} ${reason}`);
  });
}

/**
 * Verifies every engine and model of a folder, by name; one that fails keeps no other from its turn.
 *
 * @throws {UsageError} for what is no folder.
 */
export async function verifyFolder(folder: string, options: VerifyOptions): Promise<Verdict[]> {
  const names = (await listFolder(folder)).filter((name) => /\.(?:engine|onnx)$/i.test(name)).toSorted();
  const verdicts: Verdict[] = [];
  for (const name of names) verdicts.push(await verifyFile(join(folder, name), options));
  return verdicts;
}

/** Lines for people. */
export function describeVerdict({ file, ok, kind, runs, warmUpMs, runMs, cosine, notes }: Verdict): string {
  const figures =
    runs === undefined
      ? []
      : [
          `  ${kind} ${runs}`,
          `  first run ${warmUpMs} ms, then ${runMs} ms; worst cosine ${cosine?.toFixed(6)}`,
        ];
  return [`${ok ? 'ok' : 'FAILED'}: ${file}`, ...figures, ...notes.map((note) => `  - ${note}`)].join('\n');
}

/** 0 where all are well; 1 where a model does not run or agree; 2 where only files fail that are no models. */
export function exitCodeOfVerdicts(verdicts: readonly Verdict[]): 0 | 1 | 2 {
  const failed = verdicts.filter(({ ok }) => !ok);
  if (failed.length === 0) return 0;
  return failed.every(({ unusable }) => unusable === true) ? 2 : 1;
}
