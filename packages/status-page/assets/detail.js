import { byId, create, fillList, setText } from './dom.js';
import { formatCount, formatRate, formatSeconds, formatTime } from './format.js';
import { drawPicture } from './overlay.js';

/** @typedef {import('../src/snapshot.ts').CameraFigures} CameraFigures */
/** @typedef {import('./pictures.js').Picture} Picture */

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
  let openId = '';
  byId('detail-close', HTMLButtonElement).addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener('close', () => {
    openId = '';
  });

  return {
    /** @param {string} id @param {boolean} withPictures */
    open(id, withPictures) {
      openId = id;
      setText(byId('detail-title', HTMLElement), id);
      canvas.hidden = !withPictures;
      canvas.getContext('2d')?.clearRect(0, 0, canvas.width, canvas.height);
      canvas.setAttribute('aria-label', 'No frame yet');
      foundTitle.hidden = !withPictures;
      found.replaceChildren();
      dialog.showModal();
    },
    /** The camera that is open, or none. */
    openId: () => openId,
    /** @param {readonly CameraFigures[]} cameras */
    update(cameras) {
      const camera = cameras.find(({ id }) => id === openId);
      if (camera === undefined) return;
      const rows = /** @type {const} */ ([
        ['Frames a second', formatRate(camera.fps)],
        ['Frames processed', formatCount(camera.processed)],
        ['Persons', formatCount(camera.persons)],
        ['Unread', formatCount(camera.unread)],
        ['Oldest unread', formatSeconds(camera.oldestUnreadAgeSeconds)],
        ['In work', formatCount(camera.inFlight)],
        ['Dropped', formatCount(camera.dropped)],
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
            typeof face === 'object' ? `face ${Math.round(face.score * 100)} %` : absences[face ?? 'not_run'];
          setText(item, `Person ${Math.round(confidence * 100)} %, ${about}`);
        },
      );
    },
  };
}
