import { silentLogger } from '@trinetra/contracts';
import type { Detector } from '@trinetra/detector';
import { expect, it } from 'vitest';
import { runningDetector } from './running-detector.ts';

const square = { width: 64, height: 64 };
const wide = { width: 64, height: 32 };

/** A detector whose graph runs at some sizes only, as one with anchors for its own size does. */
function trial(fails: (height: number) => boolean) {
  const warnings: unknown[] = [];
  const create = (aspectRatios: readonly number[]): Detector =>
    ({
      inputSizes: aspectRatios.length > 0 ? [wide, square] : [square],
      tensorType: 'float32',
      detect: async ([frame]: [{ letterbox: { inputHeight: number } }]) => [
        fails(frame.letterbox.inputHeight)
          ? { ok: false, reason: 'run_failed', error: new Error('Reshape') }
          : { ok: true, value: [] },
      ],
    }) as unknown as Detector;
  const logger = { ...silentLogger, warn: (fields: object) => warnings.push(fields) };
  return {
    warnings,
    run: (aspectRatios: readonly number[]) =>
      runningDetector({ create, aspectRatios, logger, shapesName: 'shapes' }),
  };
}

it('keeps the sizes of a detector that runs at all of them', async () => {
  const { run, warnings } = trial(() => false);
  expect((await run([2])).inputSizes).toEqual([wide, square]);
  expect(warnings).toEqual([]);
});

it('takes the own size of a detector alone that does not run at another, and says so', async () => {
  const { run, warnings } = trial((height) => height === 32);
  expect((await run([2])).inputSizes).toEqual([square]);
  expect(warnings).toEqual([{ inputSize: '64x32', err: new Error('Reshape') }]);
});
