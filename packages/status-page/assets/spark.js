/** Points kept: two minutes of snapshots. */
const maxPoints = 120;
const width = 120;
const height = 28;

/**
 * A small line of the last values, from 0 to the highest of them.
 *
 * @param {string} id of its svg
 * @returns {(value: number | null) => void} adds a value
 */
export function createSpark(id) {
  const line = document.querySelector(`#${id} polyline`);
  /** @type {number[]} */
  const values = [];
  return (value) => {
    if (value === null) return;
    values.push(value);
    if (values.length > maxPoints) values.shift();
    const highest = Math.max(...values, Number.MIN_VALUE);
    const step = width / (maxPoints - 1);
    const left = width - (values.length - 1) * step;
    const points = values.map(
      (one, index) =>
        `${(left + index * step).toFixed(1)},${(height - 2 - (one / highest) * (height - 4)).toFixed(1)}`,
    );
    line?.setAttribute('points', points.join(' '));
  };
}
