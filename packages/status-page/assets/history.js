/** @typedef {import('../src/last-hour.ts').HourOfPoints} HourOfPoints */

/** A point is added so often, ms. */
const everyMs = 10_000;

/**
 * Asks for the last hour when it is told to, and again as points are added.
 *
 * @param {() => string | undefined} cameraOf whose hour; undefined: that of all cameras
 * @param {(hour: HourOfPoints) => void} show
 * @returns {(on: boolean) => void} starts and stops asking
 */
export function createHistory(cameraOf, show) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let round = 0;

  /** @param {number} mine */
  const ask = async (mine) => {
    if (!document.hidden) {
      const camera = cameraOf();
      const query = camera === undefined ? '' : `?${new URLSearchParams({ camera })}`;
      try {
        const response = await fetch(`history${query}`);
        if (mine !== round) return;
        if (response.ok) show(await response.json());
      } catch (error) {
        console.warn(error); // the worker is gone: the page says so
      }
    }
    if (mine === round) timer = setTimeout(() => void ask(mine), everyMs);
  };

  return (on) => {
    clearTimeout(timer);
    round += 1;
    if (on) void ask(round);
  };
}
