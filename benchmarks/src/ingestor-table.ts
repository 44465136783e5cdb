import type { Size } from '@trinetra/contracts';
import type { PersonAgreement } from './match-persons.ts';
import type { Cell, Table } from './report.ts';
import { median, percentile } from './statistics.ts';
import { proportionalSides } from './ways-to-send.ts';

/** Results of one way to send frames, over all pictures. */
export interface WayResult {
  readonly name: string;
  /** Of each picture. */
  readonly agreements: readonly PersonAgreement[];
  /** Of each frame, bytes. */
  readonly bytes: readonly number[];
  /** Of the detector, as `640x384`, of each frame. */
  readonly inputs: readonly string[];
  /** CPU of decoding and letterboxing, ms a frame. */
  readonly decodeMs: number;
}

/** The reference of the comparison. */
export interface Reference {
  /** Px, of each picture. */
  readonly pictures: readonly Size[];
  /** Persons found in the full pictures. */
  readonly persons: number;
  /** With an embedding. */
  readonly faces: number;
}

/** The ingestor's MAXLEN. */
const keptEntries = 100;

/** Below this many the 5th percentile is the lowest value. */
const fewPersons = 20;

const ratio = (value: number): Cell => (Number.isNaN(value) ? '-' : value.toFixed(3));

function rowOf({ name, agreements, bytes, inputs, decodeMs }: WayResult, { persons, faces }: Reference) {
  const overlaps = agreements.flatMap((agreement) => agreement.overlaps);
  const cosines = agreements.flatMap((agreement) => agreement.cosines);
  const others = agreements.reduce((sum, agreement) => sum + agreement.others, 0);
  const frameBytes = median(bytes);
  return [
    name,
    `${overlaps.length} of ${persons}`,
    String(others),
    ratio(percentile(overlaps, 0.05)),
    ratio(median(overlaps)),
    `${cosines.length} of ${faces}`,
    ratio(median(cosines)),
    (frameBytes / 1e3).toFixed(0),
    ((keptEntries * frameBytes) / 1e6).toFixed(1),
    decodeMs,
    [...new Set(inputs)].toSorted().join(', '),
  ] satisfies Cell[];
}

function notes({ pictures, persons, faces }: Reference): string {
  const aspects = pictures.map(({ width, height }) => width / height);
  const sides = pictures.map(({ width, height }) => Math.max(width, height));
  const small = proportionalSides.map(
    (side) => `${sides.filter((longer) => longer <= side).length} at ${side} px`,
  );
  const few =
    persons <= fewPersons ? [`- With ${persons} persons p5 is the worst of them: take more pictures.`] : [];
  return [
    `- ${pictures.length} pictures of aspects ${Math.min(...aspects).toFixed(2)} to ${Math.max(...aspects).toFixed(2)} (16:9 is 1.78).`,
    `- The same models find ${persons} persons in the full pictures, ${faces} of them with a face.`,
    '- Found again: IoU of at least 0.5, greedy. Others: found, but not in the full picture.',
    '- IoU p5: 5 of 100 persons are below it.',
    '- Cosine: of the faces that have an embedding in both.',
    `- KB (1000 bytes): the median frame. Redis: ${keptEntries} of these, MAXLEN ~ ${keptEntries}, when no worker reads.`,
    "- Decode: CPU of the worker's decoder, `JPEG_DECODING=exact`, letterboxing included.",
    '- Squashed: 640x640, q85 unless told. Resized as by `cv2.resize`, `INTER_LINEAR`; encoded as by `cv2.imencode`.',
    `- Nothing is enlarged. Pictures that fit keep their size: ${small.join(', ')}.`,
    ...few,
  ].join('\n');
}

/** The table of all ways, in their order. */
export function ingestorTable(results: readonly WayResult[], reference: Reference): Table {
  return {
    title: '',
    columns: [
      'what is sent',
      'persons found again',
      'others',
      'IoU p5',
      'IoU p50',
      'faces in both',
      'cosine p50',
      'KB a frame',
      'Redis MB a camera',
      'decode CPU ms',
      'detector input',
    ],
    rows: results.map((result) => rowOf(result, reference)),
    note: notes(reference),
  };
}
