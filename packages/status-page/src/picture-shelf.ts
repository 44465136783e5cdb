import type { DetectionEvent, FrameEntry } from '@trinetra/contracts';
import { encodePicture } from './encode-picture.ts';
import { hiddenRegions } from './hidden-regions.ts';

/** Time without a request after which a camera's picture is dropped, ms. */
const wantedForMs = 3000;
/** Cameras whose pictures are kept at once, over all viewers. */
const maxCameras = 64;
/** Most bytes of frames that wait to be encoded. Further ones are not shown. */
const maxWaitingBytes = 32 * 1024 * 1024;

/** Persons found within this time are hidden too, because detectors miss a person now and then. Seconds. */
const rememberedSeconds = 1;
const rememberedEvents = 3;

/** A picture as sent, with the persons found in it. */
export interface Picture {
  readonly cameraId: string;
  readonly cameraType: string;
  readonly frameId: string;
  readonly ingestTs: number;
  readonly status: DetectionEvent['status'];
  /** Width over height of what the camera saw, which may have been squashed; null if that is not known. */
  readonly aspect: number | null;
  /** As in the event, without embeddings. */
  readonly detections: DetectionEvent['detections'];
  readonly jpeg: Buffer;
}

interface Place {
  wantedAt: number;
  /** The newest frame, not encoded yet. */
  latest:
    | { readonly entry: FrameEntry; readonly event: DetectionEvent; readonly aspect: number | null }
    | undefined;
  /** The last events, the newest one included. */
  recent: readonly DetectionEvent[];
  picture: Picture | undefined;
  encodedAt: number;
  encoding: Promise<void> | undefined;
}

function aspectOf({ originalSize }: FrameEntry): number | null {
  return originalSize === undefined ? null : originalSize.width / originalSize.height;
}

export interface PictureShelfOptions {
  readonly showFaces: boolean;
  /** Least time between two pictures of a camera, ms. */
  readonly intervalMs: number;
  /** Called for frames that cannot be encoded. */
  readonly onError: (error: unknown) => void;
  /** A clock that never goes back, ms. Default `performance.now`. */
  readonly now?: () => number;
}

/** The last pictures of the cameras that viewers look at. */
export class PictureShelf {
  readonly #options: PictureShelfOptions;
  readonly #now: () => number;
  readonly #places = new Map<string, Place>();
  /** One picture is encoded at a time, so that viewers never take more than one core from the worker. */
  #queue: Promise<void> = Promise.resolve();

  constructor(options: PictureShelfOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Keeps the frame where somebody looks at its camera. Copies and encodes nothing. */
  offer(entry: FrameEntry, event: DetectionEvent, aspectRatio?: number): void {
    const place = this.#places.get(entry.cameraId);
    if (place === undefined) return;
    place.latest = undefined;
    place.recent = [...place.recent.slice(1 - rememberedEvents), event];
    if (this.#now() - place.wantedAt > wantedForMs) this.#places.delete(entry.cameraId);
    else if (this.#waitingBytes() + entry.frame.byteLength <= maxWaitingBytes)
      place.latest = { entry, event, aspect: aspectRatio ?? aspectOf(entry) };
  }

  /**
   * The last picture of a camera, encoded now where there is a newer frame; undefined if there is none, or none
   * newer than `have`. The first call for a camera only asks for its next frame.
   */
  async take(cameraId: string, have: string): Promise<Picture | undefined> {
    const place = this.#want(cameraId);
    if (place === undefined) return undefined;
    await (place.encoding ?? this.#encodeIfDue(place));
    return place.picture?.frameId === have ? undefined : place.picture;
  }

  /** Drops everything. */
  clear(): void {
    this.#places.clear();
  }

  #waitingBytes(): number {
    let bytes = 0;
    for (const { latest } of this.#places.values()) bytes += latest?.entry.frame.byteLength ?? 0;
    return bytes;
  }

  #want(cameraId: string): Place | undefined {
    const now = this.#now();
    let place = this.#places.get(cameraId);
    if (place === undefined) {
      for (const [id, { wantedAt }] of this.#places) {
        if (now - wantedAt > wantedForMs) this.#places.delete(id);
      }
      if (this.#places.size >= maxCameras) return undefined;
      const never = Number.NEGATIVE_INFINITY;
      place = {
        wantedAt: now,
        latest: undefined,
        recent: [],
        picture: undefined,
        encodedAt: never,
        encoding: undefined,
      };
      this.#places.set(cameraId, place);
    }
    place.wantedAt = now;
    return place;
  }

  #encodeIfDue(place: Place): Promise<void> | undefined {
    if (place.latest === undefined || this.#now() - place.encodedAt < this.#options.intervalMs) return;
    const work = this.#queue.then(() => this.#encode(place));
    this.#queue = work;
    place.encoding = work.finally(() => {
      place.encoding = undefined;
    });
    return place.encoding;
  }

  /** Never rejects. */
  async #encode(place: Place): Promise<void> {
    const { latest } = place;
    if (latest === undefined) return;
    const { entry, event, aspect } = latest;
    const before = place.recent.filter(
      (one) => one.status !== 'failed' && Math.abs(event.ingest_ts - one.ingest_ts) <= rememberedSeconds,
    );
    place.latest = undefined;
    place.encodedAt = this.#now();
    try {
      const hide = (seen: number) =>
        this.#options.showFaces
          ? []
          : [event, ...before].flatMap((one) => hiddenRegions(one, aspect ?? seen));
      place.picture = {
        cameraId: entry.cameraId,
        cameraType: entry.cameraType,
        frameId: entry.frameId,
        ingestTs: entry.ingestTs,
        status: event.status,
        aspect,
        detections: event.detections,
        jpeg: await encodePicture(entry.frame, hide),
      };
    } catch (error) {
      this.#options.onError(error);
    }
  }
}
