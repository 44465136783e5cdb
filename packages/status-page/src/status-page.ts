import { createServer } from 'node:http';
import { type DetectionEvent, type FrameEntry, listen } from '@trinetra/contracts';
import { loadAssets } from './assets.ts';
import { StatusPageError } from './errors.ts';
import { Figures } from './figures.ts';
import { isLoopback } from './guard.ts';
import { createHandler } from './handler.ts';
import { parsePageOptions, type StatusPageOptions } from './options.ts';
import { PictureShelf } from './picture-shelf.ts';
import { Viewers } from './viewers.ts';

/** Connections at once for each viewer: its events, and pictures. */
const connectionsPerViewer = 8;

/** Room for the longest camera names of one request, each byte escaped. */
const maxHeaderSize = 64 * 1024;
/**
 * What a slow client may take, as at the worker's metrics port. Node looks for late ones only every
 * `connectionsCheckingInterval`.
 */
const clientLimits = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
} as const;

/** A running page. */
export interface StatusPage extends AsyncDisposable {
  /** `http://HOST:PORT/`, to be opened in a browser. */
  readonly url: string;
  /**
   * Tells the page of a frame and its event. Costs nothing if nobody looks at its camera or pictures are off.
   * Otherwise keeps the bytes until they are encoded or the next frame comes: do not change them.
   *
   * @param aspectRatio Width over height of what the camera saw, in whose proportions the page shows it;
   * default: by `width` and `height`
   * of the entry, else of the frame.
   */
  offer(entry: FrameEntry, event: DetectionEvent, aspectRatio?: number): void;
  /**
   * Tells the page of a published event, for the percentiles.
   *
   * @param seconds From the ingest of the frame until now.
   */
  published(cameraId: string, seconds: number): void;
  /** Ends every connection at once and stops listening. */
  close(): Promise<void>;
}

/**
 * Serves a live page of a worker: figures by server-sent events, their last hour, and the last frames of the
 * cameras that
 * somebody looks at. While nobody looks, the metrics are read once in 10 s, and no picture is kept or encoded.
 *
 * @throws {StatusPageError} `invalid_options`; `listen_failed` where the address cannot be had.
 * @example
 * const page = await createStatusPage({ workerId, version, metrics: () => registry.getMetricsAsJSON(),
 * state });
 * console.log(page.url);
 * await page.close();
 */
export async function createStatusPage(options: StatusPageOptions): Promise<StatusPage> {
  const { settings, logger } = parsePageOptions(options);
  const { host, showFrames, showFaces, maxViewers, pictureIntervalMs } = settings;
  let warnedAt = Number.NEGATIVE_INFINITY;
  const onError = (error: unknown): void => {
    if (performance.now() - warnedAt < 30_000) return;
    warnedAt = performance.now();
    logger.warn({ err: error }, 'status page');
  };
  if (showFrames && !isLoopback(host)) {
    logger.warn({ host }, 'the status page shows frames to everybody who can reach this address');
  }
  const shelf = showFrames
    ? new PictureShelf({ showFaces, intervalMs: pictureIntervalMs, onError })
    : undefined;
  const figures = new Figures(
    options,
    settings,
    (snapshot) => viewers.send('snapshot', JSON.stringify(snapshot)),
    onError,
  );
  const viewers = new Viewers(
    maxViewers,
    () => figures.watched(true),
    () => {
      figures.watched(false);
      shelf?.clear();
    },
  );
  const handler = createHandler({
    host,
    assets: await loadAssets(),
    viewers,
    shelf,
    history: (cameraId) => figures.history(cameraId),
    onError,
  });
  const server = createServer({ ...clientLimits, maxHeaderSize }, handler);
  server.maxConnections = maxViewers * connectionsPerViewer;
  const port = await listen(
    server,
    settings,
    (problem, because) => new StatusPageError('listen_failed', `status page on ${problem}`, because),
  );
  server.on('error', onError);
  figures.watched(false);
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= new Promise((resolve) => {
      server.close(() => resolve());
      viewers.close();
      figures.stop();
      server.closeAllConnections();
    });
    return closing;
  };
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/`,
    published: (cameraId, seconds) => figures.published(cameraId, seconds),
    offer: (entry, event, aspectRatio) => shelf?.offer(entry, event, aspectRatio),
    close,
    [Symbol.asyncDispose]: close,
  };
}
