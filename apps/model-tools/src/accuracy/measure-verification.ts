import { createFrameDecoder } from '@trinetra/frame-decoder';
import { embedPictures } from './embed-pictures.ts';
import { loadFaceFinder } from './face-of-picture.ts';
import { loadEmbedder, startRuntime, threads } from './load-models.ts';
import { picturesOf, readPairs } from './read-pairs.ts';
import { type ScoredPair, scorePairs } from './score-pairs.ts';
import { type VerificationFigures, verificationFigures } from './verification-figures.ts';

export interface VerificationOptions {
  readonly pairs: string;
  readonly images: string | undefined;
  /** Of the face model. */
  readonly face: string | undefined;
  readonly models: readonly string[];
  readonly providers: string[];
  readonly say: (line: string) => void;
}

/** How the models did on the same pairs. */
export interface VerificationReport {
  readonly pairs: {
    readonly used: number;
    readonly same: number;
    readonly different: number;
    readonly skipped: Readonly<Record<string, number>>;
  };
  readonly pictures: {
    readonly all: number;
    /** Taken as aligned faces. */
    readonly aligned: number;
    /** Had several faces, of which the largest was taken. */
    readonly severalFaces: number;
  };
  readonly models: readonly ({
    readonly file: string;
    readonly runs: string;
    /** What its faces were given as: order, mean and divisor. */
    readonly faces: string;
  } & VerificationFigures)[];
  readonly scores: readonly ScoredPair[];
}

/** The fold of each pair; null where they have none, or only one. */
function foldsOf(used: readonly ScoredPair[]): number[] | null {
  const folds = used.flatMap(({ fold }) => (fold === null ? [] : [fold]));
  return folds.length === used.length && new Set(folds).size > 1 ? folds : null;
}

/**
 * Measures embedders on pairs of pictures, as the worker would decode, align and embed these.
 *
 * @throws {UsageError} for pairs, pictures or models that cannot be used.
 */
export async function measureVerification(options: VerificationOptions): Promise<VerificationReport> {
  const { say } = options;
  const pairs = await readPairs(options.pairs, options.images);
  const files = picturesOf(pairs);
  await using runtime = await startRuntime(options.providers);
  const finder = await loadFaceFinder(runtime, options.face);
  const loaded: Awaited<ReturnType<typeof loadEmbedder>>[] = [];
  for (const file of options.models) loaded.push(await loadEmbedder(runtime, file));
  await using decoder = await createFrameDecoder({
    inputSizes: [{ width: 32, height: 32 }], // nothing looks at the letterboxed picture
    tensorType: 'uint8',
    rejectFlat: false,
    jpegAccuracy: 'exact',
    threads,
  });
  say(`${pairs.length} pairs of ${files.length} pictures ...`);
  const embedders = loaded.map(({ embedder }) => embedder);
  const pictures = await embedPictures(files, { decoder, finder, embedders, say });
  const { used, skipped } = scorePairs(
    pairs,
    new Map(files.map((file, at) => [file, pictures[at] ?? { ok: false, reason: '' }])),
  );
  const same = used.map((pair) => pair.same);
  const scores = loaded.map((_, model) => used.map((pair) => pair.scores[model] ?? Number.NaN));
  const figures = verificationFigures(scores, same, foldsOf(used));
  const from = (how: string): number =>
    pictures.filter((picture) => picture.ok && picture.value.from === how).length;
  return {
    pairs: {
      used: used.length,
      same: same.filter(Boolean).length,
      different: same.filter((one) => !one).length,
      skipped,
    },
    pictures: { all: files.length, aligned: from('aligned'), severalFaces: from('several-faces') },
    models: loaded.flatMap(({ file, runs, faces }, model) => {
      const own = figures[model];
      return own === undefined ? [] : [{ file, runs, faces, ...own }];
    }),
    scores: used,
  };
}
