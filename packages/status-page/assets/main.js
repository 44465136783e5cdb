import { createCameras } from './cameras.js';
import { follow } from './connection.js';
import { createDetail } from './detail.js';
import { byId, setText } from './dom.js';
import { formatTime } from './format.js';
import { drawPicture } from './overlay.js';
import { createOverview } from './overview.js';
import { createPictureLoop } from './pictures.js';
import { startTheme } from './theme.js';

const notes = {
  none: 'Pictures are off: SHOW_FRAMES=on shows them.',
  blurred: 'Faces are blurred before a picture leaves the worker.',
  clear: 'Faces are shown.',
};
/** How long it is said that the connection is back, ms. */
const backMs = 4000;

const banner = byId('banner', HTMLElement);
const showOverview = createOverview();
const detail = createDetail();
let withPictures = false;
let lastMs = 0;

const cameras = createCameras({ onOpen: (id) => detail.open(id, withPictures) });

const runPictures = createPictureLoop({
  cameras: () => (detail.openId() === '' ? cameras.visible() : [detail.openId()]),
  show(picture, bitmap) {
    const aspect = picture.aspect ?? bitmap.width / bitmap.height;
    const canvas = cameras.canvasOf(picture.cameraId);
    if (canvas !== undefined) drawPicture(canvas, bitmap, aspect, picture.detections);
    const count = picture.detections.length;
    const persons = count === 1 ? '1 person' : `${count} persons`;
    cameras.describe(picture.cameraId, `Last frame of ${picture.cameraId}: ${persons}`, picture.frameId);
    detail.show(picture, bitmap);
  },
});

/** @param {'lost' | 'back' | ''} state @param {string} text */
function say(state, text) {
  banner.dataset['state'] = state;
  setText(banner, text);
}

startTheme();
follow({
  onSnapshot(snapshot) {
    lastMs = snapshot.atMs;
    withPictures = snapshot.pictures !== 'none';
    document.body.dataset['live'] = 'yes';
    showOverview(snapshot);
    cameras.update(snapshot.cameras, withPictures);
    detail.update(snapshot.cameras);
    setText(byId('pictures-note', HTMLElement), notes[snapshot.pictures]);
    runPictures(withPictures);
    if (banner.dataset['state'] === 'lost') {
      say('back', 'Connected again.');
      setTimeout(() => {
        if (banner.dataset['state'] === 'back') say('', '');
      }, backMs);
    }
  },
  onLost() {
    document.body.dataset['live'] = 'no';
    runPictures(false);
    const since = lastMs === 0 ? '' : ` What you see is from ${formatTime(lastMs)}.`;
    say('lost', `The connection to the worker is lost.${since} Trying again …`);
    const state = byId('state', HTMLElement);
    state.dataset['state'] = 'unknown';
    setText(state, 'Not connected');
  },
});
