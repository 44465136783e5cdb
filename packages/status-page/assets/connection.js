/** @typedef {import('../src/snapshot.ts').StatusSnapshot} StatusSnapshot */

/** Without a word for this long the connection counts as lost, ms. */
const silenceMs = 6000;
const firstRetryMs = 1000;
const lastRetryMs = 10_000;

/**
 * Follows the worker's snapshots, for as long as the page is open; connects again where the connection is lost.
 *
 * @param {{ onSnapshot(snapshot: StatusSnapshot): void, onLost(): void }} handlers `onLost` is called once for each loss.
 */
export function follow({ onSnapshot, onLost }) {
  /** @type {EventSource | undefined} */
  let source;
  let retryMs = firstRetryMs;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let isLost = false;

  const lose = () => {
    clearTimeout(timer);
    source?.close();
    if (!isLost) onLost();
    isLost = true;
    timer = setTimeout(connect, retryMs);
    retryMs = Math.min(lastRetryMs, retryMs * 1.5);
  };

  const waitForWord = () => {
    clearTimeout(timer);
    timer = setTimeout(lose, silenceMs);
  };

  function connect() {
    source?.close();
    source = new EventSource('events');
    source.addEventListener('snapshot', (event) => {
      waitForWord();
      isLost = false;
      retryMs = firstRetryMs;
      onSnapshot(JSON.parse(event.data));
    });
    source.addEventListener('error', lose);
    waitForWord();
  }

  connect();
  // A page that was asleep, or is shown again from the browser's memory, does not wait for a timer.
  window.addEventListener('online', connect);
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) connect();
  });
}
