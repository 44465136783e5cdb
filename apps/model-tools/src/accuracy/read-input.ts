import { access, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError } from '@trinetra/program';

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);

/** @throws {UsageError} where there is no such file, or it cannot be read. */
export async function readText(file: string, option: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${option}: cannot read ${file} (${codeOf(error)})`, { cause: error });
  }
}

/** @throws {UsageError} for the first of some files that is not there. */
export async function checkFiles(files: readonly string[], option: string): Promise<void> {
  for (const file of files) {
    await access(file).catch((error: unknown) => {
      throw new UsageError(`${option}: cannot read ${file} (${codeOf(error)})`, { cause: error });
    });
  }
}

/** @throws {UsageError} where the folder of a file that is to be written is not there: better known before the work. */
export async function checkFolderOf(file: string | undefined, option: string): Promise<void> {
  if (file !== undefined) await checkFiles([dirname(file)], option);
}

/** @throws {UsageError} where pictures are missing: how many, and the first. */
export async function checkPictures(pictures: readonly string[], of: string): Promise<void> {
  const missing: string[] = [];
  for (const picture of pictures) await access(picture).catch(() => missing.push(picture));
  if (missing.length === 0) return;
  throw new UsageError(
    `${missing.length} of ${pictures.length} pictures of ${of} are missing, such as ${missing[0]}: name their folder with --images`,
  );
}
