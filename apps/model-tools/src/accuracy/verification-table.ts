import { formatTable } from '@trinetra/program';
import { resamples, seed } from './bootstrap.ts';
import type { VerificationReport } from './measure-verification.ts';
import { namesOf, percent } from './texts.ts';
import { type Difference, type RateName, rateNames } from './verification-figures.ts';

const labels: Readonly<Record<RateName, string>> = {
  rocAuc: 'ROC AUC',
  'tarAtFar1e-2': 'TAR at FAR 1e-2',
  'tarAtFar1e-3': 'TAR at FAR 1e-3',
  'tarAtFar1e-4': 'TAR at FAR 1e-4',
  equalErrorRate: 'EER',
  accuracy: 'accuracy',
};

const tooFew = 'n/a: too few different pairs';

const isArea = (rate: RateName): boolean => rate === 'rocAuc';

function rateText(rate: RateName, value: number | null): string {
  if (value === null) return tooFew;
  return isArea(rate) ? value.toFixed(5) : percent(value);
}

function differenceText(rate: RateName, difference: Difference | null): string {
  if (difference === null) return tooFew;
  const text = (value: number): string => {
    const shown = isArea(rate) ? value.toFixed(5) : (100 * value).toFixed(2);
    const plain = Number(shown) === 0 ? shown.replace('-', '') : shown;
    return Number(shown) > 0 ? `+${plain}` : plain;
  };
  const [low, high] = difference.interval;
  return `${text(difference.value)} (${text(low)} .. ${text(high)})${isArea(rate) ? '' : ' points'}`;
}

function pairLines({ pairs, pictures }: VerificationReport): string[] {
  const skipped = Object.entries(pairs.skipped);
  const left = skipped.reduce((sum, [, count]) => sum + count, 0);
  const why = skipped.map(([reason, count]) => `${count} because ${reason}`).join(', ');
  return [
    `pairs: ${pairs.used} used (${pairs.same} same, ${pairs.different} different), ${left} skipped${left === 0 ? '' : `: ${why}`}`,
    `pictures: ${pictures.all}, of which ${pictures.aligned} of 112x112 px were taken as aligned faces; ` +
      `${pictures.severalFaces} had several faces, of which the largest was taken`,
  ];
}

function figureRows({ models }: VerificationReport, names: readonly string[]): string[][] {
  const rows = rateNames.map((rate) => [
    rate === 'accuracy' ? 'accuracy at best threshold' : labels[rate],
    ...models.map(({ rates }) => rateText(rate, rates[rate])),
  ]);
  const thresholds = models.map(({ threshold, thresholdInterval: [low, high] }) =>
    [threshold.toFixed(4), ` (${low.toFixed(4)} .. ${high.toFixed(4)})`].join(''),
  );
  const folds = models.map(({ foldAccuracy }) =>
    foldAccuracy === null
      ? 'n/a: no folds'
      : `${percent(foldAccuracy.mean)} ± ${(100 * foldAccuracy.deviation).toFixed(2)}`,
  );
  return [
    ['model', ...names],
    ['runs on', ...models.map(({ runs }) => runs)],
    ['faces given as', ...models.map(({ faces }) => faces)],
    ...rows,
    ['best threshold (cosine)', ...thresholds],
    ['accuracy of folds', ...folds],
  ];
}

function differenceRows({ models }: VerificationReport, names: readonly string[]): string[][] {
  const rows = rateNames.map((rate) => [
    labels[rate],
    ...models.slice(1).map(({ difference }) => differenceText(rate, difference?.[rate] ?? null)),
  ]);
  return [[`difference to ${names[0]}`, ...names.slice(1)], ...rows];
}

/**
 * A model that decides no pair otherwise may still do so in 3 of as many others, by 95 %: the interval cannot show that.
 *
 * @see https://doi.org/10.1001/jama.1983.03330370053031 (Hanley and Lippman-Hand, "If nothing goes wrong, is everything all right?")
 */
const leastDifference = (pairs: number): string =>
  `${pairs} pairs cannot rule out a difference in accuracy of ${(300 / pairs).toFixed(2)} points, even where the interval is 0.`;

/** Of each kind; with fewer, one pair more or less is several points. */
const fewPairs = 30;
const tooFewPairs = `With fewer than ${fewPairs} pairs of a kind the figures say little: take hundreds.`;

/** The report for people. */
export function formatVerification(report: VerificationReport): string {
  const names = namesOf(report.models.map(({ file }) => file));
  return [
    ...pairLines(report),
    '',
    ...formatTable(figureRows(report, names)),
    ...(report.models.length > 1 ? ['', ...formatTable(differenceRows(report, names))] : []),
    '',
    `In brackets: 95 % intervals by bootstrap over pairs (${resamples} draws, seed ${seed}; same and different pairs each for itself).`,
    ...(Math.min(report.pairs.same, report.pairs.different) < fewPairs ? [tooFewPairs] : []),
    ...(report.models.length > 1 ? [leastDifference(report.pairs.used)] : []),
  ].join('\n');
}
