import type { SceneMoment, SceneTruth } from '@trinetra/camera-simulator/scene';
import type { DetectionEvent, EventDetection } from '@trinetra/contracts';
import { type CameraCounts, type Summary, summarise } from './summary.ts';
import type { JudgedFrame } from './truth.ts';
import type { WorkerCounters } from './worker-counters.ts';

/** A frame that the simulator wrote. */
export interface SentFrame {
  readonly camera_id: string;
  /** Stream entry id. */
  readonly frame_id: string;
  /** File name of the picture, or the moment of its scene. */
  readonly image: string;
  /** Only of generated scenes. */
  readonly scene?: (SceneMoment & { readonly truth: SceneTruth }) | undefined;
}

/** What was found in one picture, for the contact sheet. */
export interface Finding {
  readonly image: string;
  readonly scene?: SceneMoment | undefined;
  readonly cameraId: string;
  readonly latencyMs: number;
  readonly detections: readonly EventDetection[];
}

/** Compares each sent frame with its result: an event, a counted drop, or nothing. */
export interface Ledger {
  sent(frame: SentFrame): void;
  received(event: DetectionEvent): void;
  /** Replaces the worker's earlier counters. */
  counted(counters: WorkerCounters): void;
  /** Cameras that sent something, sorted. */
  cameras(): string[];
  summary(): Summary;
  /**
   * One finding a picture, of the first frame that shows it, by the picture's name. Of scenes one a camera,
   * with the most faces.
   */
  findings(): Finding[];
  /** The frames of scenes with an event, with their truth. */
  judged(): JudgedFrame[];
}

interface Received {
  readonly cameraId: string;
  readonly latencyMs: number;
  readonly detections: readonly EventDetection[];
  readonly embeddings: readonly (Float32Array | null)[];
}

const facesOf = ({ detections }: { readonly detections: readonly EventDetection[] }): number =>
  detections.filter(({ face }) => typeof face === 'object').length;

const keyOf = (frame: { readonly camera_id: string; readonly frame_id: string }): string =>
  `${frame.camera_id} ${frame.frame_id}`;

/**
 * @param maxlen Length to which the streams are trimmed: only a frame with that many newer ones can have been
 * trimmed before somebody read it.
 * @param isForeign Whether a camera is not ours: its counters do not count.
 */
export function createLedger(maxlen: number, isForeign: (cameraId: string) => boolean = () => false): Ledger {
  const inOrder: SentFrame[] = [];
  const frames = new Map<string, SentFrame[]>();
  const events = new Map<string, Received>();
  let duplicates = 0;
  let counters: WorkerCounters = { dropped: new Map(), delivered: new Map(), unread: new Map() };

  function trimmedUnread(camera: string, sent: readonly SentFrame[]): number {
    const delivered = counters.delivered.get(camera);
    if (delivered === undefined) return 0;
    const old = sent.slice(0, Math.max(0, sent.length - maxlen));
    const missing = old.filter((frame) => !events.has(keyOf(frame))).length;
    return Math.max(0, Math.min(missing, sent.length - delivered - (counters.unread.get(camera) ?? 0)));
  }

  function countsOf(camera: string): CameraCounts {
    const sent = frames.get(camera) ?? [];
    const received = sent.flatMap((frame) => events.get(keyOf(frame)) ?? []);
    const detections = received.flatMap((event) => event.detections);
    const trimmed = trimmedUnread(camera, sent);
    return {
      framesIn: sent.length,
      eventsOut: received.length,
      persons: detections.length,
      faces: detections.filter(({ face }) => typeof face === 'object').length,
      embeddings: received.reduce(
        (sum, event) => sum + event.embeddings.filter((one) => one !== null).length,
        0,
      ),
      latenciesMs: received.map((event) => event.latencyMs),
      dropped: {
        ...Object.fromEntries(counters.dropped.get(camera) ?? []),
        ...(trimmed > 0 ? { trimmed_unread: trimmed } : {}),
      },
    };
  }

  return {
    sent(frame) {
      inOrder.push(frame);
      const own = frames.get(frame.camera_id);
      if (own === undefined) frames.set(frame.camera_id, [frame]);
      else own.push(frame);
    },
    received(event) {
      if (isForeign(event.camera_id)) return;
      const key = keyOf(event);
      if (events.has(key)) {
        duplicates += 1;
        return;
      }
      events.set(key, {
        cameraId: event.camera_id,
        latencyMs: (event.worker_ts - event.ingest_ts) * 1000,
        detections: event.detections,
        embeddings: event.embeddings.map((embedding) =>
          embedding === null ? null : Float32Array.from(embedding),
        ),
      });
    },
    counted(latest) {
      counters = latest;
    },
    cameras: () => [...frames.keys()].toSorted(),
    summary() {
      // The worker may name other cameras: past its bound of labels it counts the rest together.
      const cameras = new Set(
        [...[...frames.keys()].toSorted(), ...counters.dropped.keys()].filter((id) => !isForeign(id)),
      );
      return summarise(new Map([...cameras].map((id) => [id, countsOf(id)])), events.size, duplicates);
    },
    findings() {
      const byImage = new Map<string, Finding>();
      for (const frame of inOrder) {
        const event = events.get(keyOf(frame));
        if (event === undefined) continue;
        const { image, scene } = frame;
        const place = scene === undefined ? image : frame.camera_id;
        const known = byImage.get(place);
        if (known !== undefined && (scene === undefined || facesOf(event) <= facesOf(known))) continue;
        const { embeddings: _, ...seen } = event;
        byImage.set(place, { image, scene, ...seen });
      }
      return [...byImage.values()].toSorted((a, b) => (a.image < b.image ? -1 : 1));
    },
    judged: () =>
      inOrder.flatMap(({ scene, ...frame }) => {
        const event = events.get(keyOf(frame));
        if (event === undefined || scene === undefined) return [];
        const { width, height, truth } = scene;
        return [{ ...event, width, height, persons: truth.persons }];
      }),
  };
}
