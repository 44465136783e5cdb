import { createCameras } from './cameras.js';
import { follow } from './connection.js';
import { createDetail } from './detail.js';
import { byId, setText } from './dom.js';
import { formatRate, formatTime } from './format.js';
import { drawPicture } from './overlay.js';
import { createOverview } from './overview.js';
import { createPictureLoop } from './pictures.js';
import { createProblems } from './problems.js';
import { startTheme } from './theme.js';

/** @typedef {import('../src/snapshot.ts').StatusSnapshot} StatusSnapshot */

const notes = {
  none: 'Pictures are off: SHOW_FRAMES=on shows them.',
  blurred: 'Faces are blurred before a picture leaves the worker.',
  clear: 'Faces are shown.',
};

const overview = createOverview();
const detail = createDetail();
const problems = createProblems();
/** @type {StatusSnapshot | undefined} */
let last;
let isLive = false;

const cameras = createCameras({ onOpen: (id) => detail.open(id, last?.pictures !== 'none') });

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

/** The page's own problem. @returns {import('../src/snapshot.ts').Problem} */
function lostProblem() {
  const since =
    last === undefined ? 'nothing has been received yet' : `all below is of ${formatTime(last.atMs)}`;
  return {
    id: 'lost',
    severity: 'bad',
    title: 'Worker is gone',
    text: `The connection to the worker is lost: ${since}.`,
    action: 'See whether its process runs and can be reached; the page connects again by itself.',
    help: last?.lostHelp ?? { heading: '', url: '' },
  };
}

startTheme();
follow({
  onSnapshot(snapshot) {
    last = snapshot;
    document.body.dataset['live'] = 'yes';
    overview.show(snapshot);
    problems.show(snapshot, `${formatRate(snapshot.totals.fps)} fps · ${snapshot.worker.id}`);
    cameras.update(snapshot);
    detail.update(snapshot);
    setText(byId('pictures-note', HTMLElement), notes[snapshot.pictures]);
    runPictures(snapshot.pictures !== 'none');
    if (!isLive) overview.runHistory(true);
    isLive = true;
  },
  onLost() {
    isLive = false;
    document.body.dataset['live'] = 'no';
    runPictures(false);
    overview.runHistory(false);
    problems.showLost(lostProblem(), last?.problems ?? [], last?.worker.id);
  },
});
