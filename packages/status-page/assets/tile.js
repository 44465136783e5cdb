import { create, setText } from './dom.js';
import { formatCount, formatRate } from './format.js';

/** @typedef {import('../src/snapshot.ts').CameraFigures} CameraFigures */

/** What a state is called. @param {string} state @param {string} sinkName */
export function nameOfState(state, sinkName) {
  if (state === 'waiting') return `waiting for ${sinkName}`;
  return state === 'new' ? 'no frames yet' : state;
}

/** Writes a name so that it breaks where its parts end; as text it stays the same. @param {Element} element @param {string} name */
export function writeName(element, name) {
  const parts = name.split(/(?<=[_\-/.:])/);
  element.replaceChildren(...parts.flatMap((part, index) => (index === 0 ? [part] : [create('wbr'), part])));
}

/** One camera: its last picture, its state and its figures. */
export class Tile {
  element = create('li', undefined, 'tile');
  button = create('button');
  canvas = create('canvas');
  #state = create('span', '', 'state');
  #note = create('span', '', 'why');
  #figures = {
    arriving: create('dd'),
    inferred: create('dd'),
    published: create('dd'),
    unread: create('dd'),
  };

  /** @param {string} id @param {() => void} onOpen */
  constructor(id, onOpen) {
    this.element.dataset['camera'] = id;
    this.button.type = 'button';
    this.button.tabIndex = -1;
    const name = create('span', undefined, 'name');
    writeName(name, id);
    this.button.append(name);
    this.button.title = id;
    this.button.addEventListener('click', onOpen);
    const head = create('h3');
    head.append(this.button);
    const state = create('p', undefined, 'how');
    state.append(this.#state, this.#note);
    this.canvas.setAttribute('role', 'img');
    this.canvas.setAttribute('aria-label', 'No frame yet');
    this.canvas.width = 320;
    this.canvas.height = 180;
    const figures = create('dl');
    /** @type {[string, string, HTMLElement][]} */
    const rows = [
      ['arriving', 'Frames a second that Redis gets', this.#figures.arriving],
      ['inferred', 'Frames a second that go through the models', this.#figures.inferred],
      ['published', 'Frames a second whose events are published', this.#figures.published],
      ['unread', 'Frames in Redis that nobody has read yet', this.#figures.unread],
    ];
    for (const [name, title, value] of rows) {
      const pair = create('div');
      pair.title = title;
      pair.append(create('dt', name), value);
      figures.append(pair);
    }
    this.element.append(this.canvas, head, state, figures);
  }

  /** @param {CameraFigures} camera @param {boolean} withPictures @param {string} sinkName */
  update(camera, withPictures, sinkName) {
    this.element.dataset['state'] = camera.state;
    this.canvas.hidden = !withPictures;
    setText(this.#state, nameOfState(camera.state, sinkName));
    setText(this.#note, camera.note);
    /** @type {[HTMLElement, number | null, string][]} */
    const values = [
      [this.#figures.arriving, camera.arrivingFps, formatRate(camera.arrivingFps)],
      [this.#figures.inferred, camera.inferredFps, formatRate(camera.inferredFps)],
      [this.#figures.published, camera.fps, formatRate(camera.fps)],
      [this.#figures.unread, camera.unread, formatCount(camera.unread)],
    ];
    for (const [place, value, text] of values) {
      place.dataset['value'] = String(value ?? '');
      setText(place, text);
    }
  }
}
