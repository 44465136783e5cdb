import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContractsError } from './contracts-error.ts';
import {
  type DetectionEvent,
  type DetectionEventToWrite,
  detectionEventJsonSchema,
  parseDetectionEvent,
} from './detection-event.ts';
import { encodeDetectionEvent } from './encode-event.ts';

function unitVector(seed: number): number[] {
  const raw = Array.from({ length: 512 }, (_, i) => Math.sin(seed + i * 12.9898) * 43758.5453).map(
    (v) => v - Math.floor(v) - 0.5,
  );
  const norm = Math.hypot(...raw);
  return raw.map((v) => v / norm);
}

function eventOf(persons: number): DetectionEvent {
  return {
    schema_version: 1,
    frame_id: '1-0',
    camera_id: 'cam_01',
    camera_type: 'entrance',
    ingest_ts: 1771840000.123,
    worker_ts: 1771840000.241,
    worker_id: 'w',
    status: 'ok',
    reasons: [],
    embedding_space: 'space',
    detections: Array.from({ length: persons }, (_, i) => ({
      track_id: i,
      bbox: [0.1, 0.2, 0.3, 0.4],
      confidence: 1 - i / 1000,
      class_id: 0,
      face: 'no_face',
    })),
    embeddings: Array.from({ length: persons }, (_, i) => unitVector(i)),
  };
}

const cosine = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, v, i) => sum + v * (b[i] ?? 0), 0) / (Math.hypot(...a) * Math.hypot(...b));

describe('encodeDetectionEvent', () => {
  it('is read back as it was, with the cosine kept within 1e-6', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
        const vector = unitVector(seed);
        const event = { ...eventOf(1), embeddings: [vector] };
        const back = parseDetectionEvent(encodeDetectionEvent(event).bytes);
        const { embeddings, ...rest } = back;
        expect(rest).toEqual((({ embeddings: _, ...others }) => others)(event));
        expect(cosine(embeddings[0] ?? [], vector)).toBeGreaterThan(1 - 1e-6);
      }),
    );
  });

  it.each<[string, (event: DetectionEvent) => unknown]>([
    ['NaN in an embedding', (event) => event.embeddings[0]?.splice(7, 1, Number.NaN)],
    ['infinity in an embedding', (event) => event.embeddings[0]?.splice(7, 1, Number.POSITIVE_INFINITY)],
    ['511 numbers', (event) => event.embeddings[0]?.pop()],
    ['an embedding too many', (event) => event.embeddings.push(null)],
    ['another version', (event) => Object.assign(event, { schema_version: 7 })],
    ['a box in pixels', (event) => Object.assign(event.detections[0] ?? {}, { bbox: [0.1, 0.2, 900, 0.4] })],
    ['a status that no version knows', (event) => Object.assign(event, { status: 'fine' })],
    ['a time that is none', (event) => Object.assign(event, { ingest_ts: Number.NaN })],
  ])('refuses %s', (_, spoil) => {
    const event = eventOf(1);
    spoil(event);
    expect(() => encodeDetectionEvent(event)).toThrow(ContractsError);
  });

  it('takes lists that are readonly and embeddings as models give them, and writes the same bytes', () => {
    const event = eventOf(2);
    const vectors = event.embeddings.map((one) => Float32Array.from(one ?? []));
    const given: DetectionEventToWrite = Object.freeze({ ...event, embeddings: Object.freeze(vectors) });
    const plain = { ...event, embeddings: vectors.map((one) => [...one]) };
    expect(encodeDetectionEvent(given).bytes).toEqual(encodeDetectionEvent(plain).bytes);
    const cut = { ...given, embeddings: vectors.map((one) => one.subarray(1)) };
    expect(() => encodeDetectionEvent(cut)).toThrow(/embeddings\.0: expected 512 numbers/);
  });

  it('writes null for a person without a face', () => {
    const back = parseDetectionEvent(
      encodeDetectionEvent({ ...eventOf(2), embeddings: [null, unitVector(1)] }).bytes,
    );
    expect(back.embeddings[0]).toBeNull();
    expect(back.embeddings[1]).toHaveLength(512);
  });

  it('drops the least confident embeddings first to stay under the limit, and says so', () => {
    const encoded = encodeDetectionEvent(eventOf(300), { maxBytes: 500_000 });
    const back = parseDetectionEvent(encoded.bytes);
    expect(encoded.bytes.byteLength).toBeLessThanOrEqual(500_000);
    expect(back).toMatchObject({ status: 'degraded', reasons: ['embeddings_truncated'] });
    const kept = back.embeddings.indexOf(null);
    expect(kept).toBeGreaterThan(50);
    expect(back.embeddings.slice(kept).every((embedding) => embedding === null)).toBe(true);
    expect(encoded.truncatedEmbeddings).toBe(300 - kept);
  });

  it('keeps a crowd of 100 under 1 MB without leaving anything out', () => {
    expect(encodeDetectionEvent(eventOf(100))).toMatchObject({ truncatedEmbeddings: 0 });
  });
});

describe('the schema', () => {
  it('refuses embeddings that are not aligned with detections', () => {
    const event = { ...eventOf(2), embeddings: [null] };
    expect(() => parseDetectionEvent(JSON.stringify(event))).toThrow(/as many embeddings as detections/);
  });

  it('accepts the empty list of a frame whose embedding failed', () => {
    expect(parseDetectionEvent(JSON.stringify({ ...eventOf(2), embeddings: [] })).embeddings).toEqual([]);
  });

  it('is published as JSON Schema', () => {
    expect(detectionEventJsonSchema()).toMatchObject({
      type: 'object',
      required: expect.arrayContaining(['camera_id', 'detections']),
    });
  });
});
