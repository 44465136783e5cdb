/** @typedef {import('@trinetra/contracts').EventDetection} EventDetection */
/**
 * @typedef {object} Picture
 * @property {string} cameraId
 * @property {string} cameraType
 * @property {string} frameId
 * @property {number} ingestTs
 * @property {string} status
 * @property {number | null} aspect
 * @property {EventDetection[]} detections
 * @property {Blob} jpeg
 */

/** Between the end of one request and the next, ms. */
const pauseMs = 350;
const afterFailureMs = 2000;
const maxCameras = 24;

/**
 * Reads the answer of `/pictures`.
 *
 * @param {ArrayBuffer} buffer
 * @returns {Picture[]}
 */
function parseParts(buffer) {
  const view = new DataView(buffer);
  const decoder = new TextDecoder();
  const pictures = [];
  let at = 0;
  const next = () => {
    const length = view.getUint32(at);
    const part = new Uint8Array(buffer, at + 4, length);
    at += 4 + length;
    return part;
  };
  while (at < buffer.byteLength) {
    const about = JSON.parse(decoder.decode(next()));
    pictures.push({ ...about, jpeg: new Blob([next()], { type: 'image/jpeg' }) });
  }
  return pictures;
}

/**
 * Asks for the pictures of the cameras that are seen, one request after the other: a slow viewer gets fewer.
 *
 * @param {{ cameras(): readonly string[], show(picture: Picture, bitmap: ImageBitmap): void }} viewer
 * @returns {(on: boolean) => void} starts and stops asking
 */
export function createPictureLoop({ cameras, show }) {
  /** @type {Map<string, string>} */
  const have = new Map();
  let on = false;
  let running = false;

  const ask = async () => {
    const wanted = cameras().slice(0, maxCameras);
    if (wanted.length === 0 || document.hidden) return;
    const query = new URLSearchParams();
    for (const id of wanted) {
      query.append('camera', id);
      query.append('have', have.get(id) ?? '');
    }
    for (const id of have.keys()) if (!wanted.includes(id)) have.delete(id);
    const response = await fetch(`pictures?${query}`);
    if (!response.ok) throw new Error(`pictures: ${response.status}`);
    for (const picture of parseParts(await response.arrayBuffer())) {
      const bitmap = await createImageBitmap(picture.jpeg);
      show(picture, bitmap);
      bitmap.close();
      have.set(picture.cameraId, picture.frameId);
    }
  };

  const run = async () => {
    running = true;
    while (on) {
      let wait = pauseMs;
      try {
        await ask();
      } catch (error) {
        console.warn(error); // the worker went away, or is busy: the banner says so where it lasts
        wait = afterFailureMs;
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    running = false;
  };

  return (wanted) => {
    on = wanted;
    if (on && !running) void run();
  };
}
