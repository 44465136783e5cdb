import { createChart } from './chart.js';
import { byId, create, fillList, setText } from './dom.js';
import {
  formatCount,
  formatFrames,
  formatRate,
  formatRateUnit,
  formatSeconds,
  formatTime,
} from './format.js';
import { createHistory } from './history.js';
import { drawPicture } from './overlay.js';
import { nameOfState, writeName } from './tile.js';

/** @typedef {import('./pictures.js').Picture} Picture */

/** @type {Readonly<Record<string, string>>} */
const absences = {
  no_face: 'no face found',
  too_small: 'face too small',
  failed: 'the search for a face failed',
  not_run: 'no face was searched for',
};

/** One camera, large. */
export function createDetail() {
  const dialog = byId('detail', HTMLDialogElement);
  const canvas = byId('detail-picture', HTMLCanvasElement);
  const found = byId('detail-found', HTMLOListElement);
  const foundTitle = byId('detail-found-title', HTMLElement);
  const charts = createCharts(byId('detail-history', HTMLElement));
  let openId = '';
  const runHistory = createHistory(
    () => openId,
    (hour) => {
      for (const show of charts) show(hour);
    },
  );
  byId('detail-close', HTMLButtonElement).addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener('close', () => {
    openId = '';
    runHistory(false);
  });

  return {
    /** @param {string} id @param {boolean} withPictures */
    open(id, withPictures) {
      openId = id;
      writeName(byId('detail-title', HTMLElement), id);
      runHistory(true);
      canvas.hidden = !withPictures;
      canvas.getContext('2d')?.clearRect(0, 0, canvas.width, canvas.height);
      canvas.setAttribute('aria-label', 'No frame yet');
      foundTitle.hidden = !withPictures;
      found.replaceChildren();
      dialog.showModal();
    },
    /** The camera that is open, or none. */
    openId: () => openId,
    /** @param {import('../src/snapshot.ts').StatusSnapshot} snapshot */
    update({ cameras, sinkName }) {
      const camera = cameras.find(({ id }) => id === openId);
      if (camera === undefined) return;
      const state = byId('detail-state', HTMLElement);
      state.dataset['state'] = camera.state;
      setText(state, nameOfState(camera.state, sinkName));
      setText(byId('detail-note', HTMLElement), camera.note);
      const rows = /** @type {const} */ ([
        ['Arriving a second', formatRate(camera.arrivingFps)],
        ['Inferred a second', formatRate(camera.inferredFps)],
        ['Published a second', formatRate(camera.fps)],
        ['End to end, p95', formatSeconds(camera.p95Seconds)],
        ['Unread', formatCount(camera.unread)],
        ['Oldest unread', formatSeconds(camera.oldestUnreadAgeSeconds)],
        ['In work', formatCount(camera.inFlight)],
        ['Events waiting', formatCount(camera.eventsWaiting)],
        ['Published', formatCount(camera.processed)],
        ['Persons', formatCount(camera.persons)],
        ['Dropped', formatCount(camera.dropped)],
        ['Evicted', formatCount(camera.evicted)],
      ]);
      const makePair = () => {
        const pair = create('div');
        pair.append(create('dt'), create('dd'));
        return pair;
      };
      fillList(byId('detail-figures', HTMLElement), rows, makePair, (pair, [name, value]) => {
        const [term, definition] = pair.children;
        if (term !== undefined) setText(term, name);
        if (definition !== undefined) setText(definition, value);
      });
    },
    /** @param {Picture} picture @param {ImageBitmap} bitmap */
    show(picture, bitmap) {
      if (picture.cameraId !== openId) return;
      drawPicture(canvas, bitmap, picture.aspect ?? bitmap.width / bitmap.height, picture.detections);
      canvas.setAttribute('aria-label', `Last frame of ${picture.cameraId}`);
      setText(foundTitle, `Found in the frame of ${formatTime(picture.ingestTs * 1000)}`);
      fillList(
        found,
        picture.detections,
        () => create('li'),
        (item, { confidence, face }) => {
          const about =
            typeof face === 'object'
              ? `face ${Math.round(face.score * 100)} %`
              : (absences[face ?? 'not_run'] ?? face);
          setText(item, `Person ${Math.round(confidence * 100)} %, ${about}`);
        },
      );
    },
  };
}

/** @param {HTMLElement} place */
function createCharts(place) {
  const rate = { least: 1, format: formatRateUnit };
  /** @type {Parameters<typeof createChart>[1][]} */
  const all = [
    {
      ...rate,
      title: 'Frames a second',
      lines: [
        { field: 'arrivingFps', name: 'arriving' },
        { field: 'publishedFps', name: 'published' },
      ],
    },
    {
      title: 'End to end, 95th percentile',
      lines: [{ field: 'p95Seconds', name: 'latency' }],
      least: 0.1,
      format: formatSeconds,
    },
    {
      title: 'Unread frames',
      lines: [{ field: 'unread', name: 'unread' }],
      least: 10,
      format: formatFrames,
    },
    {
      title: 'Age of the oldest unread frame',
      lines: [{ field: 'oldestUnreadAgeSeconds', name: 'age' }],
      least: 1,
      format: formatSeconds,
    },
    {
      ...rate,
      title: 'Dropped or evicted a second',
      lines: [{ field: 'droppedPerSecond', name: 'drops' }],
    },
  ];
  return all.map((options) => {
    const chart = create('div');
    place.append(chart);
    return createChart(chart, options);
  });
}
