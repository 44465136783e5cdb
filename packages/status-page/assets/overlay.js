/** @typedef {import('@trinetra/contracts').EventDetection} EventDetection */

/** Colours over a picture, the same in light and dark: they are seen on any camera. */
const overlayColours = Object.freeze({ person: '#22d3ee', face: '#facc15', landmark: '#f472b6' });

/**
 * Draws a picture with what was found in it.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {ImageBitmap} bitmap
 * @param {number} aspect width over height of what the camera saw
 * @param {readonly EventDetection[]} detections coordinates 0..1
 */
export function drawPicture(canvas, bitmap, aspect, detections) {
  // As many pixels as are shown, so that lines and letters have the same size on every tile.
  const scale = window.devicePixelRatio;
  const shownWidth = Math.min(canvas.clientWidth, canvas.clientHeight * aspect) || 320;
  const width = Math.round(shownWidth * scale);
  const height = Math.round(width / aspect);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.drawImage(bitmap, 0, 0, width, height);
  for (const { bbox, confidence, face } of detections) {
    strokeBox(context, bbox, overlayColours.person, 2 * scale);
    if (typeof face === 'object') {
      strokeBox(context, face.bbox, overlayColours.face, 1.5 * scale);
      context.fillStyle = overlayColours.landmark;
      for (const [x, y] of face.landmarks) {
        context.beginPath();
        context.arc(x * width, y * height, 1.6 * scale, 0, 2 * Math.PI);
        context.fill();
      }
    }
    label(context, bbox, `${Math.round(confidence * 100)} %`, scale);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {readonly [number, number, number, number]} box
 * @param {string} colour
 * @param {number} lineWidth
 */
function strokeBox(context, [x1, y1, x2, y2], colour, lineWidth) {
  const { width, height } = context.canvas;
  context.lineWidth = lineWidth;
  context.strokeStyle = colour;
  context.strokeRect(x1 * width, y1 * height, (x2 - x1) * width, (y2 - y1) * height);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {readonly [number, number, number, number]} box
 * @param {string} text
 * @param {number} scale
 */
function label(context, [x1, y1], text, scale) {
  const { width, height } = context.canvas;
  const size = 10 * scale;
  context.font = `600 ${size}px system-ui, sans-serif`;
  context.textBaseline = 'middle';
  const boxWidth = context.measureText(text).width + size * 0.7;
  const boxHeight = size * 1.35;
  const left = Math.min(x1 * width, width - boxWidth);
  const top = Math.max(0, y1 * height - boxHeight);
  context.fillStyle = overlayColours.person;
  context.fillRect(left, top, boxWidth, boxHeight);
  context.fillStyle = '#083344';
  context.fillText(text, left + size * 0.35, top + boxHeight / 2);
}
