import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { errorText } from '@trinetra/contracts';
import type { Damage } from './corrupt.ts';
import { SimulatorError } from './errors.ts';
import type { SourceFrame } from './frame-source.ts';

/** One line of the manifest: the picture of an entry. */
export interface ManifestLine {
  readonly camera_id: string;
  /** Stream entry id, as in the event. */
  readonly frame_id: string;
  /** File name in the folder of pictures, or the moment of the scene. */
  readonly image: string;
  /** Only if the frame was damaged. */
  readonly corrupt?: Damage;
  /** How to draw the picture again, and its truth; only of generated scenes. */
  readonly scene?: SourceFrame['scene'];
}

/** Writes a file of JSON lines. */
export interface Manifest {
  write(line: ManifestLine): void;
  close(): Promise<void>;
}

/** @throws {SimulatorError} `invalid_options` where the file cannot be written. */
export async function createManifest(path: string): Promise<Manifest> {
  const stream = createWriteStream(path);
  let failure: Error | undefined;
  stream.on('error', (error) => {
    failure = error;
  });
  const refuse = (cause: unknown): never => {
    throw new SimulatorError('invalid_options', `--manifest: cannot write ${path}: ${errorText(cause)}`, {
      cause,
    });
  };
  await once(stream, 'open').catch(refuse);
  return {
    write(line) {
      if (failure === undefined) stream.write(`${JSON.stringify(line)}\n`);
    },
    async close() {
      if (failure !== undefined) return refuse(failure);
      stream.end();
      await finished(stream).catch(refuse);
    },
  };
}
