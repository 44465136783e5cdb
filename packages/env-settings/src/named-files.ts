import { X509Certificate } from 'node:crypto';
import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

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

/** Whether a file is there. What may not be seen is: whoever opens it tells why it cannot. */
export function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => !['ENOENT', 'ENOTDIR'].includes(codeOf(error)),
  );
}

function isCertificate(pem: string): boolean {
  try {
    void new X509Certificate(pem);
    return true;
  } catch {
    return false; // cut, or not base64 of a certificate
  }
}

/** What is wrong with a PEM file of certificates; null: nothing. */
export async function authorityProblem(path: string): Promise<string | null> {
  const expected = 'expected a PEM file of certificates but';
  let pem: string;
  try {
    pem = await readFile(path, 'utf8');
  } catch (error) {
    return `${expected} ${whyNot(error, path)}`;
  }
  const begin = '-----BEGIN CERTIFICATE-----';
  const [, ...blocks] = pem.split(begin);
  if (blocks.length === 0) return `${expected} ${path} holds none`;
  const broken = blocks.findIndex((block) => !isCertificate(begin + block));
  return broken === -1 ? null : `${expected} number ${broken + 1} in ${path} cannot be read`;
}

/** Why a file cannot be written, or made where it is not there; null: it can. Opens nothing: a pipe would wait for its reader. */
export async function writableProblem(path: string): Promise<string | null> {
  const expected = 'expected a file that can be written but';
  const folder = dirname(resolve(path));
  try {
    if ((await stat(path)).isDirectory()) return `${expected} ${path} is a folder`;
    await access(path, constants.W_OK);
    return null;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') return `${expected} ${whyNot(error, path)}`;
  }
  return access(folder, constants.W_OK).then(
    () => null,
    (error: unknown) => `${expected} ${whyNot(error, folder)}`,
  );
}
