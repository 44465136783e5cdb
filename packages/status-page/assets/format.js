const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** @param {number | null | undefined} value */
export function formatCount(value) {
  return value === null || value === undefined ? '–' : whole.format(value);
}

/** Frames a second: one digit after the point. @param {number | null} value */
export function formatRate(value) {
  return value === null ? '–' : value.toFixed(value >= 100 ? 0 : 1);
}

/** @param {number} value frames a second */
export function formatRateUnit(value) {
  return `${formatRate(value)} a second`;
}

/** @param {number} value frames */
export function formatFrames(value) {
  return formatPlural(Math.round(value), 'frame');
}

/** @param {number | null} share 0..1 */
export function formatShare(share) {
  return share === null ? '–' : `${Math.round(share * 100)} %`;
}

/** A number with its noun: `1 frame`, `2 frames`. @param {number} count @param {string} noun */
export function formatPlural(count, noun) {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A latency or age, in the unit that fits. @param {number | null} seconds */
export function formatSeconds(seconds) {
  if (seconds === null) return '–';
  if (seconds >= 3570) return `${(seconds / 3600).toFixed(1)} h`;
  if (seconds >= 59.95) return `${(seconds / 60).toFixed(1)} min`;
  if (seconds >= 0.9995) return `${seconds.toFixed(1)} s`;
  const ms = seconds * 1000;
  return `${ms.toFixed(ms >= 9.95 || ms === 0 ? 0 : 1)} ms`;
}

/** @param {number} seconds */
export function formatUptime(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${Math.floor(seconds)} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

/** @param {number} ms since the epoch */
export function formatTime(ms) {
  return new Date(ms).toLocaleTimeString('en-GB');
}
