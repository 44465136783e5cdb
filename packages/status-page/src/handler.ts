import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Asset } from './assets.ts';
import { refusalOf, securityHeaders } from './guard.ts';
import type { HourOfPoints } from './last-hour.ts';
import { encodeParts, partsType } from './picture-parts.ts';
import type { PictureShelf } from './picture-shelf.ts';
import type { Viewers } from './viewers.ts';

/** Cameras in one request for pictures. */
const maxCamerasPerRequest = 32;

/** Most bytes of pictures under way to all viewers. Beyond it, requests are told to come back. */
const maxSendingBytes = 32 * 1024 * 1024;

export interface HandlerOptions {
  /** Address that the server is bound to. */
  readonly host: string;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly viewers: Viewers;
  /** Undefined if no picture is shown. */
  readonly shelf: PictureShelf | undefined;
  /** The last hour of one camera, or of all. */
  readonly history: (cameraId?: string) => HourOfPoints;
  readonly onError: (error: unknown) => void;
}

/** Answers `/` and its files, `/events` (server-sent events), `/history` and `/pictures`. */
export function createHandler(
  options: HandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { host, assets, viewers, shelf, history, onError } = options;
  let sendingBytes = 0;

  const say = (response: ServerResponse, status: number, text: string): void => {
    // The body of a refused request is not read: the connection cannot serve another one after it.
    if (status === 405) response.setHeader('connection', 'close');
    if (status === 503) response.setHeader('retry-after', '10');
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
    response.end(`${text}\n`);
  };

  const sendAsset = (request: IncomingMessage, response: ServerResponse, asset: Asset): void => {
    const fresh = request.headers['if-none-match'] === asset.etag;
    response.writeHead(fresh ? 304 : 200, {
      'content-type': asset.type,
      etag: asset.etag,
      'cache-control': 'no-cache',
    });
    response.end(fresh || request.method === 'HEAD' ? undefined : asset.body);
  };

  const sendPictures = async (query: URLSearchParams, response: ServerResponse): Promise<void> => {
    const cameras = query.getAll('camera').slice(0, maxCamerasPerRequest);
    const have = query.getAll('have');
    // Without a viewer no picture is kept.
    const taken =
      shelf === undefined || viewers.size === 0
        ? []
        : await Promise.all(cameras.map((id, index) => shelf.take(id, have[index] ?? '')));
    const body = encodeParts(taken.filter((picture) => picture !== undefined));
    if (sendingBytes + body.byteLength > maxSendingBytes) return say(response, 503, 'too much is under way');
    if (response.destroyed) return undefined;
    sendingBytes += body.byteLength;
    response.once('close', () => {
      sendingBytes -= body.byteLength;
    });
    response.writeHead(200, {
      'content-type': partsType,
      'content-length': body.byteLength,
      'cache-control': 'no-store',
    });
    response.end(body);
    return undefined;
  };

  const sendHistory = (query: URLSearchParams, response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify(history(query.get('camera') ?? undefined)));
  };

  return (request, response) => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    const refusal = refusalOf(request, host);
    if (refusal !== undefined) return say(response, 403, refusal);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return say(response, 405, 'expected GET or HEAD');
    }
    const [path = '', ...queries] = (request.url ?? '').split('?');
    const query = queries.join('?');
    const asset = assets.get(path);
    if (asset !== undefined) return sendAsset(request, response, asset);
    if (request.method === 'HEAD') return say(response, 405, 'expected GET');
    if (path === '/events') {
      if (!viewers.add(response)) say(response, 503, 'too many viewers: close another page first');
      return undefined;
    }
    if (path === '/history') return sendHistory(new URLSearchParams(query), response);
    if (path !== '/pictures') return say(response, 404, 'not found');
    sendPictures(new URLSearchParams(query), response).catch((error: unknown) => {
      onError(error);
      response.destroy();
    });
    return undefined;
  };
}
