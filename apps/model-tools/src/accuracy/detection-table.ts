import { formatTable } from '@trinetra/program';
import type { DetectionReport } from './measure-detection.ts';
import { namesOf, percent } from './texts.ts';

/** The report for people. */
export function formatDetection({
  images,
  persons,
  crowds,
  flatImages,
  confidence,
  models,
}: DetectionReport): string {
  const share = (value: number | null): string => (value === null ? 'n/a' : percent(value));
  const skipped = flatImages === 0 ? '' : `; black, blown out or flat, which the worker skips: ${flatImages}`;
  return [
    `pictures: ${images} with ${persons} persons, and ${crowds} crowds that count neither for nor against${skipped}`,
    '',
    ...formatTable([
      ['model', ...namesOf(models.map(({ file }) => file))],
      ['runs on', ...models.map(({ runs }) => runs)],
      ['AP50', ...models.map(({ ap50 }) => share(ap50))],
      ['AP50:95', ...models.map(({ ap50To95 }) => share(ap50To95))],
      [`recall at ${confidence}`, ...models.map(({ recall }) => share(recall))],
      [`precision at ${confidence}`, ...models.map(({ precision }) => share(precision))],
      ['persons found', ...models.map(({ found }) => String(found))],
      ['found where nobody is', ...models.map(({ wrong }) => String(wrong))],
    ]),
    '',
    'AP as of COCO (all sizes, 100 detections a picture), with the NMS of the worker. Recall and precision: overlap of at least 0.5.',
  ].join('\n');
}
