import { X509Certificate } from 'node:crypto';
import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { companionsOf } from '@trinetra/inference-runtime';
import { ConfigError } from './config.ts';
import type { SettingName, Settings } from './settings.ts';

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : String(error);
}

/** Why a file cannot be had, as the rest of a sentence. */
function whyNot(error: unknown, path: string): string {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return `there is no ${path}`;
  if (code === 'EISDIR') return `${path} is a folder`;
  if (code === 'EACCES' || code === 'EPERM') return `access to ${path} is denied (${code})`;
  return `${path} cannot be used (${code})`;
}

function isCertificate(pem: string): boolean {
  try {
    void new X509Certificate(pem);
    return true;
  } catch {
    return false; // cut, or not base64 of a certificate
  }
}

async function authorityProblem(path: string): Promise<string | null> {
  const expected = 'expected a PEM file of certificates but';
  let pem: string;
  try {
    pem = await readFile(path, 'utf8');
  } catch (error) {
    return `${expected} ${whyNot(error, path)}`;
  }
  const begin = '-----BEGIN CERTIFICATE-----';
  const blocks = pem
    .split(begin)
    .slice(1)
    .map((rest) => begin + rest);
  if (blocks.length === 0) return `${expected} ${path} holds none`;
  const broken = blocks.findIndex((block) => !isCertificate(block));
  return broken === -1 ? null : `${expected} number ${broken + 1} in ${path} cannot be read`;
}

/** Opens nothing: a pipe would wait for its reader. */
async function eventsFileProblem(path: string): Promise<string | null> {
  const expected = 'expected a file that can be written but';
  const folder = dirname(resolve(path));
  try {
    if ((await stat(path)).isDirectory()) return `${expected} ${path} is a folder`;
    await access(path, constants.W_OK);
    return null;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') return `${expected} ${whyNot(error, path)}`;
  }
  // It will be made.
  return access(folder, constants.W_OK).then(
    () => null,
    (error: unknown) => `${expected} ${whyNot(error, folder)}`,
  );
}

async function modelProblem(path: string): Promise<string | null> {
  const there = async (file: string): Promise<boolean> =>
    stat(file).then(
      () => true,
      // What may not be seen is told when it is loaded, with its reason.
      (error: unknown) => !['ENOENT', 'ENOTDIR'].includes(codeOf(error)),
    );
  if (await there(path)) return null;
  const { onnx } = await companionsOf(path);
  if (onnx === path) return `expected a model but there is no ${path}`;
  return (await there(onnx)) ? null : `expected a model but there is neither ${path} nor ${onnx}`;
}

/**
 * Looks at the files that the configuration names, which costs milliseconds, before models are loaded, which takes up to minutes.
 *
 * @throws {ConfigError} with all problems together.
 */
export async function checkFiles(config: Settings): Promise<void> {
  const { REDIS_CA_FILE, KAFKA_CA_FILE, SINK, FACE_MODEL_PATH } = config;
  const kafkaAuthority = SINK.kind === 'kafka' ? KAFKA_CA_FILE : undefined;
  const found: readonly (readonly [SettingName, Promise<string | null> | null])[] = [
    ['REDIS_CA_FILE', REDIS_CA_FILE === undefined ? null : authorityProblem(REDIS_CA_FILE)],
    ['KAFKA_CA_FILE', kafkaAuthority === undefined ? null : authorityProblem(kafkaAuthority)],
    ['SINK', SINK.kind === 'ndjson' ? eventsFileProblem(SINK.path) : null],
    ['YOLO_ENGINE_PATH', modelProblem(config.YOLO_ENGINE_PATH)],
    ['ARCFACE_ENGINE_PATH', modelProblem(config.ARCFACE_ENGINE_PATH)],
    ['FACE_MODEL_PATH', FACE_MODEL_PATH === undefined ? null : modelProblem(FACE_MODEL_PATH)],
  ];
  const lines = await Promise.all(
    found.map(async ([name, problem]) => {
      const text = await problem;
      return text === null ? [] : [`${name}: ${text}`];
    }),
  );
  const problems = lines.flat();
  if (problems.length > 0) throw new ConfigError(problems);
}
