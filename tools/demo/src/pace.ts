import { plural } from './plural.ts';

/** Highest default rate of a camera, frames/s, as of the ingestor. */
const usualFps = 5;
/**
 * Played share of the machine's capacity. The rest is for the cameras themselves, and for scenes with more
 * people.
 */
const playedShare = 0.7;

/** The rate of the cameras, and why. */
export interface Pace {
  /** Frames per second of each camera. */
  readonly fps: number;
  /** One line for the person at the terminal. */
  readonly note: string;
}

/** At most `value`, with two digits: 1.37 is 1.3. */
function roundDown(value: number): number {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Number((Math.floor(value / unit + 1e-9) * unit).toPrecision(2));
}

/** Frames/s for people. */
export const rate = (value: number): string =>
  String(value < 10 ? Number(value.toPrecision(2)) : Math.round(value));

/**
 * Decides the rate of the cameras.
 *
 * @param capacity Capacity of the machine, frames/s; 0: nothing.
 * @param seconds Duration: each camera sends at least one frame.
 */
export function decidePace(capacity: number, cameras: number, seconds: number): Pace {
  const carried = (capacity * playedShare) / cameras;
  const fps =
    carried >= usualFps ? usualFps : Math.max(carried > 0 ? roundDown(carried) : 0, 1 / seconds, 0.01);
  const serves =
    capacity > 0
      ? `This machine serves ${rate(capacity)} frames/s with these models`
      : 'This machine served no frame within 20 s with these models';
  const play = `${plural(cameras, 'camera')} ${cameras === 1 ? 'plays' : 'play'} at ${rate(fps)} frames/s${cameras === 1 ? '' : ' each'}`;
  const more =
    fps < usualFps && usualFps * cameras > capacity ? `; \`--fps ${usualFps}\` overloads it on purpose` : '';
  return { fps, note: `${serves}; ${play}${more}.` };
}
