import { createChart } from './chart.js';
import { byId, create, fillList, setText } from './dom.js';
import {
  formatCount,
  formatFrames,
  formatPlural,
  formatRate,
  formatRateUnit,
  formatSeconds,
  formatShare,
  formatUptime,
} from './format.js';
import { createHistory } from './history.js';

/** @typedef {import('../src/snapshot.ts').StatusSnapshot} StatusSnapshot */

/**
 * Figures by the name in their `data-figure`: the value, and how it is written.
 *
 * @param {StatusSnapshot} snapshot
 * @returns {Record<string, [value: number | null, text: string]>}
 */
function figuresOf({ totals, endToEnd, batchFill, windowSeconds }) {
  return {
    'totals.arrivingFps': [totals.arrivingFps, formatRate(totals.arrivingFps)],
    'totals.inferredFps': [totals.inferredFps, formatRate(totals.inferredFps)],
    'totals.fps': [totals.fps, formatRate(totals.fps)],
    'totals.processed': [totals.processed, formatPlural(totals.processed, 'frame')],
    'totals.persons': [totals.persons, formatPlural(totals.persons, 'person')],
    'totals.unread': [totals.unread, formatCount(totals.unread)],
    'totals.inFlight': [totals.inFlight, formatCount(totals.inFlight)],
    'totals.oldestUnreadAgeSeconds': [
      totals.oldestUnreadAgeSeconds,
      formatSeconds(totals.oldestUnreadAgeSeconds),
    ],
    'totals.dropped': [totals.dropped, formatCount(totals.dropped)],
    'totals.evicted': [totals.evicted, formatCount(totals.evicted)],
    'totals.droppedPerSecond': [totals.droppedPerSecond, formatRate(totals.droppedPerSecond)],
    'totals.eventsWaiting': [totals.eventsWaiting, formatCount(totals.eventsWaiting)],
    'totals.publishErrors': [totals.publishErrors, formatPlural(totals.publishErrors, 'publish error')],
    'endToEnd.p50': [endToEnd.p50, formatSeconds(endToEnd.p50)],
    'endToEnd.p95': [endToEnd.p95, formatSeconds(endToEnd.p95)],
    'endToEnd.p99': [endToEnd.p99, formatSeconds(endToEnd.p99)],
    'batchFill.mean': [batchFill.mean, formatShare(batchFill.mean)],
    windowSeconds: [windowSeconds, formatSeconds(windowSeconds)],
  };
}

/** Lines of the last hour in the figures at the top. @type {Record<string, Parameters<typeof createChart>[1]>} */
const charts = {
  'chart-fps': {
    title: '',
    lines: [
      { field: 'arrivingFps', name: 'arriving' },
      { field: 'publishedFps', name: 'published' },
    ],
    least: 1,
    format: formatRateUnit,
  },
  'chart-latency': {
    title: '',
    lines: [{ field: 'p95Seconds', name: '95th percentile' }],
    least: 0.1,
    format: formatSeconds,
  },
  'chart-lag': {
    title: '',
    lines: [{ field: 'unread', name: 'unread frames' }],
    least: 10,
    format: formatFrames,
  },
  'chart-age': {
    title: '',
    lines: [{ field: 'oldestUnreadAgeSeconds', name: 'age of the oldest unread frame' }],
    least: 1,
    format: formatSeconds,
  },
  'chart-dropped': {
    title: '',
    lines: [{ field: 'droppedPerSecond', name: 'dropped or evicted a second' }],
    least: 1,
    format: formatRateUnit,
  },
};

/** The figures at the top and the panels at the side. */
export function createOverview() {
  const lines = Object.entries(charts).map(([id, options]) => createChart(byId(id, HTMLElement), options));
  const runHistory = createHistory(
    () => undefined,
    (hour) => {
      for (const show of lines) show(hour);
    },
  );
  const places = [...document.querySelectorAll('[data-figure]')].filter((one) => one instanceof HTMLElement);

  /** @param {StatusSnapshot} snapshot */
  const show = (snapshot) => {
    const figures = figuresOf(snapshot);
    for (const place of places) {
      const figure = figures[place.dataset['figure'] ?? ''];
      if (figure === undefined) continue;
      place.dataset['value'] = String(figure[0] ?? '');
      setText(place, figure[1]);
    }
    const { id, version, uptimeSeconds } = snapshot.worker;
    setText(byId('worker', HTMLElement), `${id} · ${version} · up ${formatUptime(uptimeSeconds)}`);
    showParts(snapshot);
    showStages(snapshot);
    showEngines(snapshot);
    showDrops(snapshot);
  };
  return { show, runHistory };
}

/** A row of a list: a name, and what is said of it. */
function makeRow() {
  const row = create('li');
  row.append(create('span', '', 'name'), create('span', '', 'value'), create('span', '', 'more'));
  return row;
}

/**
 * @param {HTMLElement} row
 * @param {string} name
 * @param {string} value
 * @param {string} [more]
 */
function fillRow(row, name, value, more = '') {
  const [first, second, third] = row.children;
  if (first !== undefined) setText(first, name);
  if (second !== undefined) setText(second, value);
  if (third !== undefined) setText(third, more);
}

/** @param {StatusSnapshot} snapshot */
function showParts({ state }) {
  fillList(byId('parts', HTMLUListElement), state.parts, makeRow, (row, { name, ok, note }) => {
    row.dataset['state'] = ok ? 'ready' : 'not-ready';
    row.dataset['part'] = name;
    fillRow(row, name, ok ? 'OK' : 'Not OK', note);
  });
}

/** @param {StatusSnapshot} snapshot */
function showStages({ stages }) {
  const body = document.querySelector('#stages tbody');
  if (body === null) return;
  const makeCells = () => {
    const row = create('tr');
    const head = create('th');
    head.scope = 'row';
    row.append(head, create('td'), create('td'), create('td'));
    return row;
  };
  const longest = Math.max(...stages.map(({ p95 }) => p95 ?? 0));
  fillList(body, stages, makeCells, (row, { stage, p50, p95, p99 }) => {
    const cells = [...row.children];
    for (const [index, text] of [stage.replaceAll('_', ' '), p50, p95, p99].entries()) {
      const cell = cells[index];
      if (cell !== undefined) setText(cell, typeof text === 'string' ? text : formatSeconds(text));
    }
    row.dataset['stage'] = stage;
    row.dataset['p95'] = String(p95 ?? '');
    row.style.setProperty('--share', String(longest > 0 ? (p95 ?? 0) / longest : 0));
  });
}

/** @param {StatusSnapshot} snapshot */
function showEngines({ engines, fallbacks, gpus }) {
  fillList(byId('engines', HTMLUListElement), engines, makeRow, (row, engine) => {
    const fallback = fallbacks.find(({ model }) => model === engine.model);
    row.dataset['model'] = engine.model;
    row.dataset['state'] = fallback === undefined ? 'ready' : 'warning';
    const size = engine.runSize === null ? '' : `, ${engine.runSize} a run`;
    const instead = fallback === undefined ? '' : ` · runs instead of what was asked for: ${fallback.reason}`;
    fillRow(
      row,
      engine.model,
      `${engine.provider} · ${engine.precision}`,
      `sha256 ${engine.sha256.slice(0, 12)}${size}${instead}`,
    );
  });
  fillList(byId('gpus', HTMLUListElement), gpus, makeRow, (row, { gpu, utilizationPct, vramMb }) => {
    fillRow(row, `GPU ${gpu}`, `${formatCount(utilizationPct)} %`, `${formatCount(vramMb)} MiB in use`);
  });
}

/** @param {StatusSnapshot} snapshot */
function showDrops({ drops }) {
  byId('no-drops', HTMLElement).hidden = drops.length > 0;
  fillList(byId('drops', HTMLUListElement), drops, makeRow, (row, { reason, count }) => {
    row.dataset['reason'] = reason;
    row.dataset['value'] = String(count);
    fillRow(row, reason.replaceAll('_', ' '), formatCount(count));
  });
}
