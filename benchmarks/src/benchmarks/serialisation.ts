import { type DetectionEvent, encodeDetectionEvent } from '@trinetra/contracts';
import { compressFrame } from 'lz4-napi';
import type { Benchmark } from '../benchmark.ts';
import type { Section } from '../report.ts';
import { interleave, medians } from '../statistics.ts';

const crowds = [0, 1, 10, 100] as const;

/** A number in 0..1 that looks random and is the same in each run. */
const noise = (seed: number): number => {
  const value = Math.sin(seed * 12.9898) * 43_758.5453;
  return value - Math.floor(value);
};

function eventWith(persons: number): DetectionEvent {
  const embedding = (seed: number): number[] => {
    const raw = Array.from({ length: 512 }, (_, index) => noise(seed * 512 + index) - 0.5);
    const length = Math.hypot(...raw);
    return raw.map((value) => value / length);
  };
  return {
    schema_version: 1,
    frame_id: '1771840000123-0',
    camera_id: 'cam_entrance_01',
    camera_type: 'entrance',
    ingest_ts: 1_771_840_000.123,
    worker_ts: 1_771_840_000.241,
    worker_id: 'worker-1',
    status: 'ok',
    reasons: [],
    embedding_space: '0123456789abcdef-fp32-rgb-centred-arcface112',
    detections: Array.from({ length: persons }, (_, index) => ({
      track_id: index,
      bbox: [0.101_234, 0.201_234, 0.301_234, 0.901_234],
      confidence: 0.912_345,
      class_id: 0,
      face: {
        bbox: [0.151_234, 0.221_234, 0.201_234, 0.301_234],
        landmarks: [
          [0.161_234, 0.241_234],
          [0.191_234, 0.241_234],
          [0.176_234, 0.261_234],
          [0.166_234, 0.281_234],
          [0.186_234, 0.281_234],
        ],
        score: 0.9123,
      },
    })),
    embeddings: Array.from({ length: persons }, (_, index) => embedding(index)),
  };
}

async function measure(persons: number, seconds: number): Promise<Record<string, number>> {
  const event = eventWith(persons);
  const encode = (): Buffer => encodeDetectionEvent(event).bytes;
  const encodeFor = (ms: number): number => {
    const end = performance.now() + ms;
    let count = 0;
    while (performance.now() < end) {
      encode();
      count += 1;
    }
    return count;
  };
  encodeFor(200);
  const startedAt = performance.now();
  const count = encodeFor(seconds * 1000);
  const took = (performance.now() - startedAt) / 1000;
  const bytes = encode();
  const naive = Buffer.byteLength(JSON.stringify(event));
  return {
    eventsPerSecond: count / took,
    microseconds: (1e6 * took) / count,
    bytes: bytes.byteLength,
    lz4: (await compressFrame(bytes)).byteLength,
    naive,
  };
}

/** Events as JSON, on the event loop. */
export const serialisation: Benchmark = {
  name: 'serialisation',
  about: 'events/s and bytes of events with 0, 1, 10 and 100 persons',
  async run(context): Promise<Section> {
    const seconds = context.quick ? 0.5 : 2;
    const scenarios = Object.fromEntries(
      crowds.map((persons) => [String(persons), () => measure(persons, seconds)]),
    );
    const all = await interleave(scenarios, context.repetitions, context.say);
    return {
      name: 'serialisation',
      title: 'Serialisation',
      command: context.command('serialisation'),
      tables: [
        {
          title: '',
          columns: [
            'persons, each with an embedding',
            'events/s',
            'us an event',
            'bytes',
            'bytes with LZ4',
            'bytes of plain JSON.stringify',
          ],
          rows: [...all].map(([persons, rows]) => [persons, ...Object.values(medians(rows))]),
        },
      ],
      targets: [],
    };
  },
};
