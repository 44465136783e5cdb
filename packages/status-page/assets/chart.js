import { create, setText } from './dom.js';

/** @typedef {import('../src/last-hour.ts').HourOfPoints} HourOfPoints */
/** @typedef {keyof HourOfPoints['points']} Field */

const width = 240;
const height = 60;
const namespace = 'http://www.w3.org/2000/svg';
/** Spans that the axis may have, minutes: the shortest that holds every point. */
const spans = [2, 5, 15, 30, 60];

/**
 * Lines over the last hour, with the highest value and the span of time written at them. A stretch without values is a gap.
 *
 * @param {HTMLElement} place is filled
 * @param {{ title: string, lines: readonly { field: Field, name: string }[], format: (value: number) => string, least: number }} options
 *   `least`: the axis goes up to this at least, so that noise around nothing looks like nothing
 * @returns {(hour: HourOfPoints) => void}
 */
export function createChart(place, { title, lines, format, least }) {
  const top = create('span', '', 'top');
  const since = create('span', '');
  const svg = document.createElementNS(namespace, 'svg');
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', `${title || lines.map(({ name }) => name).join(', ')}: nothing known yet`);
  const paths = lines.map((_, index) => {
    const path = document.createElementNS(namespace, 'path');
    path.setAttribute('class', `line line-${index}`);
    svg.append(path);
    return path;
  });
  const axis = create('p', undefined, 'axis');
  axis.append(since, create('span', 'now'));
  const plot = create('div', undefined, 'plot');
  plot.append(top, svg);
  place.replaceChildren(...(title === '' ? [] : [create('h4', title)]), plot, axis);
  place.classList.add('chart');
  if (lines.length > 1) {
    const key = create('p', undefined, 'key');
    for (const [index, { name }] of lines.entries()) key.append(create('span', name, `key-${index}`), ' ');
    place.append(key);
  }

  return ({ atMs, points }) => {
    const end = atMs.at(-1) ?? 0;
    const covered = (end - (atMs[0] ?? end)) / 60_000;
    const span = spans.find((minutes) => minutes >= covered) ?? 60;
    const values = lines.map(({ field }) => points[field]);
    const highest = Math.max(least, ...values.flat().map((value) => value ?? 0));
    for (const [index, path] of paths.entries()) {
      path.setAttribute('d', pathOf(atMs, values[index] ?? [], { end, span, highest }));
    }
    setText(top, format(highest));
    setText(since, span === 60 ? '1 h ago' : `${span} min ago`);
    const said = lines.map(({ name }, index) => {
      const known = (values[index] ?? []).filter((value) => value !== null);
      const last = known.at(-1);
      return last === undefined
        ? `${name}: not known`
        : `${name}: ${format(last)} now, at most ${format(Math.max(...known))}`;
    });
    svg.setAttribute(
      'aria-label',
      `${title === '' ? '' : `${title}, `}last ${span} minutes. ${said.join('; ')}`,
    );
  };
}

/**
 * @param {readonly number[]} atMs
 * @param {readonly (number | null)[]} values
 * @param {{ end: number, span: number, highest: number }} axes span in minutes
 */
function pathOf(atMs, values, { end, span, highest }) {
  let isDrawing = false;
  const steps = values.map((value, index) => {
    if (value === null) {
      isDrawing = false;
      return '';
    }
    const x = width - ((end - (atMs[index] ?? end)) / (span * 60_000)) * width;
    const y = height - 1 - (value / highest) * (height - 3);
    const step = `${isDrawing ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
    // A point between two gaps would not be seen.
    const dot = isDrawing || values[index + 1] !== null ? '' : 'h1';
    isDrawing = true;
    return step + dot;
  });
  return steps.join('');
}
