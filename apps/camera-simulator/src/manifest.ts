import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { errorText } from '@trinetra/contracts';
import type { Damage } from './corrupt.ts';
import { SimulatorError } from './errors.ts';
import type { SourceFrame } from './frame-source.ts';

/** One line of the manifest: which picture an entry holds. */
interface ManifestLine {
  readonly camera_id: string;
  /** Stream entry id, as in the event. */
  readonly frame_id: string;
  /** File name in the folder of pictures, or which moment of the scene it is. */
  readonly image: string;
  /** Only where the frame was damaged. */
  readonly corrupt?: Damage;
  /** How to make the picture again, and who is to be seen where; only of generated scenes. */
  readonly scene?: SourceFrame['scene'];
}

/** A file of JSON lines that is being written. */
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
