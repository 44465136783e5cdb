import { plural } from './plural.ts';

/** How fast the cameras play where nobody says, at most: as the ingestor does. */
const usualFps = 5;
/** Of what the machine serves, so much is played: the rest is for the cameras themselves, and for scenes with more people. */
const playedShare = 0.7;

/** How fast the cameras play, and why. */
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
 * Decides how fast cameras play.
 *
 * @param capacity What the machine serves, frames/s; 0: nothing.
 * @param seconds How long they play: each sends a frame at least.
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
