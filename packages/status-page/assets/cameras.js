import { byId, setText } from './dom.js';
import { moveFocus } from './roving-focus.js';
import { Tile } from './tile.js';

/** @typedef {import('../src/snapshot.ts').CameraFigures} CameraFigures */

/** Tiles on the page; of more cameras the rest is found with the filter. */
const maxTiles = 240;

/** Worst first. @type {import('../src/camera-state.ts').CameraState[]} */
const states = ['waiting', 'corrupt', 'silent', 'behind', 'stale', 'unknown', 'new', 'live'];

/** @type {Record<string, (a: CameraFigures, b: CameraFigures) => number>} */
const orders = {
  trouble: (a, b) => states.indexOf(a.state) - states.indexOf(b.state),
  id: () => 0,
  fps: (a, b) => (b.arrivingFps ?? 0) - (a.arrivingFps ?? 0),
  latency: (a, b) => (b.p95Seconds ?? 0) - (a.p95Seconds ?? 0),
  unread: (a, b) => (b.unread ?? 0) - (a.unread ?? 0),
  age: (a, b) => (b.oldestUnreadAgeSeconds ?? 0) - (a.oldestUnreadAgeSeconds ?? 0),
  persons: (a, b) => b.persons - a.persons,
  dropped: (a, b) => b.dropped + b.evicted - a.dropped - a.evicted,
};
const names = new Intl.Collator('en', { numeric: true });

/**
 * Cameras as tiles, filtered and sorted.
 *
 * @param {{ onOpen(id: string): void }} handlers
 */
export function createCameras({ onOpen }) {
  const list = byId('tiles', HTMLUListElement);
  const filter = byId('filter', HTMLInputElement);
  const show = byId('show', HTMLSelectElement);
  const sort = byId('sort', HTMLSelectElement);
  /** @type {Map<string, Tile>} */
  const tiles = new Map();
  /** @type {Set<string>} */
  const visible = new Set();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const id = target instanceof HTMLElement ? (target.dataset['camera'] ?? '') : '';
        if (isIntersecting) visible.add(id);
        else visible.delete(id);
      }
    },
    { rootMargin: '100px' },
  );
  /** @type {readonly CameraFigures[]} */
  let cameras = [];
  let withPictures = false;
  let sinkName = '';

  /** @param {CameraFigures} camera */
  const wanted = (camera) => {
    if (!camera.id.toLowerCase().includes(filter.value.trim().toLowerCase())) return false;
    if (show.value === 'all') return true;
    if (show.value === 'trouble') return camera.state !== 'live';
    return show.value === 'dropping' ? camera.dropped + camera.evicted > 0 : camera.state === show.value;
  };

  const render = () => {
    const order = orders[sort.value] ?? (() => 0);
    const found = cameras.filter(wanted).sort((a, b) => order(a, b) || names.compare(a.id, b.id));
    const shown = found.slice(0, maxTiles);
    const ids = new Set(shown.map(({ id }) => id));
    for (const [id, tile] of tiles) {
      if (ids.has(id)) continue;
      observer.unobserve(tile.element);
      visible.delete(id);
      tile.element.remove();
      tiles.delete(id);
    }
    for (const [index, camera] of shown.entries()) {
      let tile = tiles.get(camera.id);
      if (tile === undefined) {
        tile = new Tile(camera.id, () => onOpen(camera.id));
        tiles.set(camera.id, tile);
        observer.observe(tile.element);
      }
      tile.update(camera, withPictures, sinkName);
      // Moving an element takes its focus: only what is out of place moves.
      if (list.children[index] !== tile.element)
        list.insertBefore(tile.element, list.children[index] ?? null);
    }
    const buttons = [...tiles.values()].map(({ button }) => button);
    const current = buttons.find((button) => button.tabIndex === 0);
    const first = list.querySelector('button');
    if (current === undefined && first !== null) first.tabIndex = 0;
    setText(byId('camera-count', HTMLElement), `${found.length} of ${cameras.length}`);
    const empty = byId('empty', HTMLElement);
    empty.hidden = found.length > 0;
    setText(
      empty,
      cameras.length === 0 ? 'No camera yet: frames are awaited from Redis.' : 'No camera is like that.',
    );
    const more = byId('more', HTMLElement);
    more.hidden = found.length <= maxTiles;
    setText(more, `${found.length - maxTiles} more: narrow the filter to see them.`);
    return found.length;
  };

  const onChoice = () => setText(byId('shown', HTMLElement), `${render()} cameras shown`);
  for (const control of [filter, show, sort]) control.addEventListener('input', onChoice);
  list.addEventListener('keydown', (event) => moveFocus(list, event));
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey)
      return;
    event.preventDefault();
    filter.focus();
  });

  return {
    /** @param {import('../src/snapshot.ts').StatusSnapshot} snapshot */
    update(snapshot) {
      cameras = snapshot.cameras;
      withPictures = snapshot.pictures !== 'none';
      sinkName = snapshot.sinkName;
      render();
    },
    /** Those that are seen, in the order of the page. */
    visible: () =>
      [...list.children].flatMap((child) => {
        const id = child instanceof HTMLElement ? (child.dataset['camera'] ?? '') : '';
        return visible.has(id) ? [id] : [];
      }),
    /** @param {string} id */
    canvasOf: (id) => tiles.get(id)?.canvas,
    /** Says what a tile's picture shows. @param {string} id @param {string} text @param {string} frameId */
    describe(id, text, frameId) {
      const tile = tiles.get(id);
      tile?.canvas.setAttribute('aria-label', text);
      if (tile === undefined) return;
      tile.element.classList.add('has-picture');
      tile.element.dataset['frame'] = frameId;
    },
  };
}
