import { type Logger, valueOrThrow } from '@trinetra/contracts';
import { sizeText } from '@trinetra/detector';
import type { Stages } from './create-stages.ts';
import { levelFrame } from './level-frame.ts';
import type { RunPlans } from './run-sizes.ts';

const grey = 114;

/** The first run of a size tunes, and ONNX Runtime plans the memory of the next ones by it, and takes that in the second. */
const runsOfSize = 2;

/**
 * Runs every model in each of its sizes, the detector in each size of its input, on a grey picture, so that the first frame does
 * not pay for the set-up, and the memory of the GPU is all taken before the worker is ready. Logs how long each took.
 *
 * @throws where a model fails on a grey picture.
 */
export async function warmUp(
  { detector, aligner, embedder }: Stages,
  plans: RunPlans,
  logger: Logger,
): Promise<void> {
  const times: Record<string, number> = {};
  const timed = async (name: string, run: () => Promise<void>): Promise<void> => {
    const startedAt = performance.now();
    for (let at = 0; at < runsOfSize; at += 1) await run();
    times[name] = Math.round(performance.now() - startedAt);
  };
  const image = { data: new Uint8Array(256 * 256 * 3).fill(grey), width: 256, height: 256 };
  const face = new Uint8Array(112 * 112 * 3).fill(grey);
  for (const input of detector.inputSizes) {
    const frame = levelFrame(detector, input, () => grey);
    for (const size of plans.detector.warmUp) {
      await timed(`detector x${size} ${sizeText(input)}`, async () => {
        for (const result of await detector.detect(Array.from({ length: size }, () => frame)))
          valueOrThrow(result);
      });
    }
  }
  for (const size of plans.face.warmUp) {
    await timed(`face x${size}`, async () => {
      const persons = Array.from({ length: size }, (): [number, number, number, number] => [0, 0, 256, 256]);
      const [faces = []] = await aligner.align([{ image, persons }]);
      if (faces.some((found) => !found.ok && found.reason === 'failed'))
        throw new Error('the face model fails on a grey picture');
    });
  }
  for (const size of plans.embedder.warmUp) {
    await timed(`embedder x${size}`, async () => {
      const embeddings = await embedder.embed(Array.from({ length: size }, () => face));
      const failed = embeddings.find((one) => !one.ok);
      if (failed !== undefined)
        throw new Error(`the embedder fails on a grey face: ${failed.message ?? failed.reason}`);
    });
  }
  logger.info({ warmUpMs: times }, 'models are warm');
}
