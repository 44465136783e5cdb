/** @typedef {import('@trinetra/contracts').EventDetection} EventDetection */

/** Colours over a picture, the same in light and dark: they are seen on any camera. */
export const overlayColours = Object.freeze({ person: '#22d3ee', face: '#facc15', landmark: '#f472b6' });

/**
 * Draws a picture with what was found in it.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {ImageBitmap} bitmap
 * @param {number} aspect width over height of what the camera saw
 * @param {readonly EventDetection[]} detections coordinates 0..1
 */
export function drawPicture(canvas, bitmap, aspect, detections) {
  const wanted = Math.round(canvas.clientWidth * window.devicePixelRatio) || 640;
  const width = Math.min(1280, Math.max(320, wanted));
  const height = Math.round(width / aspect);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.drawImage(bitmap, 0, 0, width, height);
  const unit = Math.max(1, width / 320);
  for (const { bbox, confidence, face } of detections) {
    strokeBox(context, bbox, overlayColours.person, 1.5 * unit);
    if (typeof face === 'object') {
      strokeBox(context, face.bbox, overlayColours.face, unit);
      context.fillStyle = overlayColours.landmark;
      for (const [x, y] of face.landmarks) {
        context.beginPath();
        context.arc(x * width, y * height, 1.4 * unit, 0, 2 * Math.PI);
        context.fill();
      }
    }
    label(context, bbox, `${Math.round(confidence * 100)} %`, unit);
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
 * @param {number} unit
 */
function label(context, [x1, y1], text, unit) {
  const { width, height } = context.canvas;
  const size = 10 * unit;
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
