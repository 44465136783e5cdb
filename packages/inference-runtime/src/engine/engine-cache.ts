import { createHash } from 'node:crypto';
import { constants, createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { writeWhole } from '../write-whole.ts';
import type { EngineFileInfo } from './engine-file.ts';
import { type EpContextOptions, referencingEpContext } from './ep-context.ts';

/** Engines kept, each some hundred megabytes; of more, those that were not used for longest go. */
const maxEntries = 8;
const engineName = 'engine.plan';

/** Whether the file is there, has that size, and is ours: whoever writes an engine decides what the GPU runs. */
async function isOurs(path: string, bytes: number): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found !== null && found.size === bytes && found.uid === (process.getuid?.() ?? found.uid);
}

async function prune(folder: string, keep: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^[0-9a-f]{64}$/.test(name) && name !== keep);
  const used = await Promise.all(
    names.map(async (name) => ({
      name,
      at: (await stat(join(folder, name)).catch(() => null))?.mtimeMs ?? 0,
    })),
  );
  const old = used.toSorted((a, b) => b.at - a.at).slice(maxEntries - 1);
  await Promise.all(old.map(({ name }) => rm(join(folder, name), { recursive: true, force: true })));
}

/**
 * Puts the engine, without Ultralytics' header, and the model that names it into the cache, by the hash of its file, where
 * they are not there already. ONNX Runtime then reads the engine itself: no copy of it passes through JavaScript.
 *
 * @returns The path of the model.
 * @throws what the file system says, where the cache cannot be written.
 */
export async function cacheEngine(
  folder: string,
  path: string,
  engine: EngineFileInfo,
  options: EpContextOptions,
): Promise<string> {
  const entry = join(folder, engine.sha256);
  await mkdir(entry, { recursive: true, mode: 0o700 });
  const plan = join(entry, engineName);
  if (!(await isOurs(plan, engine.payloadBytes))) {
    await writeWhole(plan, async (temporary) => {
      // Where the file system can, a copy shares the blocks.
      if (engine.payloadOffset === 0) await copyFile(path, temporary, constants.COPYFILE_FICLONE);
      else
        await pipeline(createReadStream(path, { start: engine.payloadOffset }), createWriteStream(temporary));
    });
  }
  const bytes = referencingEpContext(options, engineName);
  const key = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  const model = join(entry, `${key}.onnx`);
  if (!(await isOurs(model, bytes.length))) {
    await writeWhole(model, (temporary) => writeFile(temporary, bytes, { mode: 0o600 }));
  }
  const now = new Date();
  await utimes(entry, now, now);
  await prune(folder, engine.sha256);
  return model;
}
