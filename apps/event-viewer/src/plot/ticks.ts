/** Round numbers from 0 to at least `largest`, about `count` of them: steps of 1, 2 or 5 times a power of ten. */
export function valueTicks(largest: number, count = 5): number[] {
  const most = largest > 0 ? largest : 1;
  const rough = most / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10);
  const steps = Math.max(1, Math.ceil(most / step - 1e-9));
  return Array.from({ length: steps + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200];
const day = 86_400;

/** Round times within from..to (seconds since the epoch), at most `count` + 1 of them. */
export function timeTicks(
  from: number,
  to: number,
  count = 8,
): { readonly at: number; readonly label: string }[] {
  const rough = (to - from) / count;
  const step = timeSteps.find((candidate) => candidate >= rough) ?? Math.ceil(rough / day) * day;
  const ticks = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    const text = new Date(at * 1000).toISOString();
    ticks.push({ at, label: step >= day ? text.slice(0, 10) : text.slice(11, step >= 60 ? 16 : 19) });
  }
  return ticks;
}
