import type { DetectionEvent, EventDetection } from '@trinetra/contracts';
import { describe, expect, it } from 'vitest';
import { createLedger, type Ledger } from './ledger.ts';
import { parseWorkerCounters } from './worker-counters.ts';

const landmarks: [number, number][] = [
  [0.2, 0.2],
  [0.3, 0.2],
  [0.25, 0.25],
  [0.2, 0.3],
  [0.3, 0.3],
];
const [a, b, c, d, e] = landmarks as [
  [number, number],
  [number, number],
  [number, number],
  [number, number],
  [number, number],
];
const withFace: EventDetection = {
  track_id: 0,
  bbox: [0.1, 0.1, 0.5, 0.9],
  confidence: 0.9,
  class_id: 0,
  face: { bbox: [0.2, 0.2, 0.3, 0.3], landmarks: [a, b, c, d, e], score: 0.8 },
};
const withoutFace: EventDetection = { ...withFace, track_id: 1, face: 'no_face' };

function eventOf(camera: string, frame: string, latencyMs = 100): DetectionEvent {
  return {
    schema_version: 1,
    frame_id: frame,
    camera_id: camera,
    camera_type: 'entrance',
    ingest_ts: 1000,
    worker_ts: 1000 + latencyMs / 1000,
    worker_id: 'w',
    status: 'ok',
    reasons: [],
    embedding_space: 'space',
    detections: [withFace, withoutFace],
    embeddings: [[1], null],
  };
}

function send(ledger: Ledger, camera: string, count: number): void {
  for (let index = 0; index < count; index += 1) {
    ledger.sent({ camera_id: camera, frame_id: `${index}-0`, image: `${index % 2}.jpg` });
  }
}

describe('a ledger', () => {
  it('adds up cameras', () => {
    const ledger = createLedger(100);
    send(ledger, 'cam_b', 2);
    send(ledger, 'cam_a', 1);
    ledger.received(eventOf('cam_b', '0-0', 100));
    ledger.received(eventOf('cam_b', '1-0', 300));
    ledger.received(eventOf('cam_a', '0-0', 200));
    const { cameras, ...total } = ledger.summary();
    expect(total).toEqual({
      frames_in: 3,
      events_out: 3,
      persons: 6,
      faces: 3,
      embeddings: 3,
      dropped: {},
      latency_ms: { p50: 200, p99: 300 },
      duplicates: 0,
      unknown: 0,
      unexplained: 0,
    });
    expect(Object.keys(cameras)).toEqual(['cam_a', 'cam_b']);
    expect(cameras['cam_b']).toMatchObject({ frames_in: 2, latency_ms: { p50: 100, p99: 300 } });
  });

  it('counts neither events nor drops of cameras that are none of ours', () => {
    const ledger = createLedger(100, (camera) => camera === 'cam_measure_1');
    send(ledger, 'cam', 1);
    ledger.received(eventOf('cam', '0-0'));
    ledger.received(eventOf('cam_measure_1', '0-0'));
    ledger.counted(
      parseWorkerCounters('trinetra_worker_frames_dropped_total{camera_id="cam_measure_1",reason="flat"} 1'),
    );
    const { cameras, ...total } = ledger.summary();
    expect(total).toMatchObject({ frames_in: 1, events_out: 1, unknown: 0, dropped: {} });
    expect(Object.keys(cameras)).toEqual(['cam']);
  });

  it('counts a repeated event as a duplicate and nothing else', () => {
    const ledger = createLedger(100);
    send(ledger, 'cam', 1);
    ledger.received(eventOf('cam', '0-0', 10));
    ledger.received(eventOf('cam', '0-0', 999));
    expect(ledger.summary()).toMatchObject({
      events_out: 1,
      persons: 2,
      duplicates: 1,
      latency_ms: { p99: 10 },
    });
  });

  it('does not mind an event that comes before its line of the manifest', () => {
    const ledger = createLedger(100);
    ledger.received(eventOf('cam', '0-0'));
    expect(ledger.summary()).toMatchObject({ events_out: 0, unknown: 1 });
    send(ledger, 'cam', 1);
    expect(ledger.summary()).toMatchObject({ events_out: 1, unknown: 0 });
  });

  it('tells the same frame id of two cameras apart', () => {
    const ledger = createLedger(100);
    send(ledger, 'cam_a', 1);
    send(ledger, 'cam_b', 1);
    ledger.received(eventOf('cam_a', '0-0'));
    expect(ledger.summary()).toMatchObject({ events_out: 1, duplicates: 0, unexplained: 1 });
  });

  it('explains a missing event by a counted drop', () => {
    const ledger = createLedger(100);
    send(ledger, 'cam', 3);
    ledger.received(eventOf('cam', '0-0'));
    const counters = 'trinetra_worker_frames_dropped_total{camera_id="cam",reason="flat"} 1';
    ledger.counted(parseWorkerCounters(counters));
    ledger.counted(parseWorkerCounters(counters)); // the same count again, not one more
    expect(ledger.summary()).toMatchObject({ dropped: { flat: 1 }, unexplained: 1 });
  });

  it('counts drops that the worker reports for all further cameras together', () => {
    const ledger = createLedger(100);
    send(ledger, 'cam', 1);
    ledger.counted(
      parseWorkerCounters('trinetra_worker_frames_dropped_total{camera_id="_other",reason="flat"} 1'),
    );
    expect(ledger.summary()).toMatchObject({ frames_in: 1, dropped: { flat: 1 }, unexplained: 0 });
  });

  it('explains frames that were trimmed before they were read, but only those that can have been', () => {
    const ledger = createLedger(4);
    send(ledger, 'cam', 10);
    for (const id of [6, 7, 8]) ledger.received(eventOf('cam', `${id}-0`));
    // Frames 0..5 have four newer ones; the ninth cannot have been trimmed.
    ledger.counted(parseWorkerCounters('trinetra_worker_frames_delivered_total{camera_id="cam"} 3'));
    expect(ledger.summary()).toMatchObject({ dropped: { trimmed_unread: 6 }, unexplained: 1 });
  });

  it('does not call frames trimmed that wait in the stream or were delivered', () => {
    const ledger = createLedger(1);
    send(ledger, 'cam', 10);
    ledger.counted(
      parseWorkerCounters(
        'trinetra_worker_frames_delivered_total{camera_id="cam"} 4\ntrinetra_worker_frames_unread{camera_id="cam"} 5',
      ),
    );
    expect(ledger.summary()).toMatchObject({ dropped: { trimmed_unread: 1 }, unexplained: 9 });
  });

  it('keeps one finding a picture, of the first frame that has an event', () => {
    const ledger = createLedger(100);
    send(ledger, 'cam', 4);
    for (const id of [2, 1, 3]) ledger.received(eventOf('cam', `${id}-0`, id * 10));
    expect(ledger.findings()).toMatchObject([
      { image: '0.jpg', cameraId: 'cam', latencyMs: expect.closeTo(20) },
      { image: '1.jpg', cameraId: 'cam', latencyMs: expect.closeTo(10) },
    ]);
  });

  it('shows the camera that sent a picture first', () => {
    const ledger = createLedger(100);
    ledger.sent({ camera_id: 'cam_b', frame_id: '0-0', image: 'b.jpg' });
    ledger.sent({ camera_id: 'cam_a', frame_id: '0-0', image: 'a.jpg' });
    ledger.sent({ camera_id: 'cam_a', frame_id: '1-0', image: 'b.jpg' });
    for (const [camera, frame] of [
      ['cam_a', '0-0'],
      ['cam_a', '1-0'],
      ['cam_b', '0-0'],
    ] as const) {
      ledger.received(eventOf(camera, frame));
    }
    expect(ledger.findings().map(({ image, cameraId }) => [image, cameraId])).toEqual([
      ['a.jpg', 'cam_a'],
      ['b.jpg', 'cam_b'],
    ]);
  });

  it('is empty at first', () => {
    expect(createLedger(1).summary()).toMatchObject({ frames_in: 0, latency_ms: { p50: null, p99: null } });
  });
});
