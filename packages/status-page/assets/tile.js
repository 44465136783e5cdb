import { create, setText } from './dom.js';
import { formatCount, formatRate, formatSeconds } from './format.js';

/** @typedef {import('../src/snapshot.ts').CameraFigures} CameraFigures */
/** @typedef {'live' | 'behind' | 'silent'} CameraState */

/** A camera whose oldest unread frame is older is behind, seconds. */
const behindSeconds = 2;

/** @param {CameraFigures} camera @returns {CameraState} */
export function stateOf({ fps, unread, oldestUnreadAgeSeconds }) {
  if (unread > 0 && (oldestUnreadAgeSeconds ?? 0) > behindSeconds) return 'behind';
  return fps === null || fps > 0 ? 'live' : 'silent';
}

/** One camera: its last picture, its state and its figures. */
export class Tile {
  element = create('li', undefined, 'tile');
  button = create('button');
  canvas = create('canvas');
  #state = create('span', '', 'state');
  #figures = { fps: create('dd'), persons: create('dd'), unread: create('dd'), dropped: create('dd') };

  /** @param {string} id @param {() => void} onOpen */
  constructor(id, onOpen) {
    this.element.dataset['camera'] = id;
    this.button.type = 'button';
    this.button.tabIndex = -1;
    this.button.append(create('span', id, 'name'));
    this.button.title = id;
    this.button.addEventListener('click', onOpen);
    const head = create('h3');
    head.append(this.button, this.#state);
    this.canvas.setAttribute('role', 'img');
    this.canvas.setAttribute('aria-label', 'No frame yet');
    this.canvas.width = 320;
    this.canvas.height = 180;
    const figures = create('dl');
    /** @type {[string, HTMLElement][]} */
    const rows = [
      ['fps', this.#figures.fps],
      ['persons', this.#figures.persons],
      ['unread', this.#figures.unread],
      ['dropped', this.#figures.dropped],
    ];
    for (const [name, value] of rows) {
      const pair = create('div');
      pair.append(create('dt', name), value);
      figures.append(pair);
    }
    this.element.append(this.canvas, head, figures);
  }

  /** @param {CameraFigures} camera @param {boolean} withPictures */
  update(camera, withPictures) {
    const state = stateOf(camera);
    this.element.dataset['state'] = state;
    this.canvas.hidden = !withPictures;
    setText(
      this.#state,
      state === 'behind' ? `behind ${formatSeconds(camera.oldestUnreadAgeSeconds)}` : state,
    );
    /** @type {[HTMLElement, number | null, string][]} */
    const values = [
      [this.#figures.fps, camera.fps, formatRate(camera.fps)],
      [this.#figures.persons, camera.persons, formatCount(camera.persons)],
      [this.#figures.unread, camera.unread, formatCount(camera.unread)],
      [this.#figures.dropped, camera.dropped, formatCount(camera.dropped)],
    ];
    for (const [place, value, text] of values) {
      place.dataset['value'] = String(value ?? '');
      setText(place, text);
    }
  }
}
