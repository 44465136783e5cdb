import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Size } from '@trinetra/contracts';
import { createInferenceRuntime } from '@trinetra/inference-runtime';
import { sharedFolder } from '@trinetra/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDetector, type Detector } from '../src/detector.ts';
import type { Detection, DetectorInput } from '../src/detector-frame.ts';
import { detectorByteInput } from '../src/model-facts.ts';
import { iou } from '../src/nms.ts';
import { detectAll } from './detect-all.ts';

/** x1, y1, x2, y2, confidence, class. */
type Row = readonly [number, number, number, number, number, number];

interface Case extends Size {
  readonly name: string;
  readonly file: string;
  readonly batch: number;
  /** File of uint8 `[batch, h, w, 3]` RGB. */
  readonly pixels: string;
  /** What Ultralytics' predict finds with the same file, a list a frame. */
  readonly expected: readonly (readonly Row[])[];
}

interface Matrix {
  readonly version: string;
  readonly cases: readonly Case[];
  readonly skipped: readonly { readonly name: string; readonly why: string }[];
}

const python = process.env['ULTRALYTICS_PYTHON'];
const weights = new URL('models/yolov8n.onnx', sharedFolder);

function framesOf(
  { width, height, batch, pixels }: Case,
  folder: string,
  { tensorType }: Detector,
): DetectorInput[] {
  const bytes = readFileSync(join(folder, pixels));
  const values = 3 * width * height;
  return Array.from({ length: batch }, (_, index) => {
    const frame = new Uint8Array(bytes.subarray(index * values, (index + 1) * values));
    const plane = width * height;
    const tensor =
      tensorType === 'uint8'
        ? frame
        : Float32Array.from(
            { length: values },
            (_, at) => (frame[(at % plane) * 3 + Math.floor(at / plane)] ?? 0) / 255,
          );
    const letterbox = { scaleX: 1, scaleY: 1, left: 0, top: 0, inputWidth: width, inputHeight: height };
    return { tensor, letterbox, width, height };
  });
}

interface Agreement {
  readonly found: number;
  readonly expected: number;
  /** Of the expected ones that have a partner of their class. */
  readonly matched: number;
  readonly leastIou: number;
  readonly mostConfidence: number;
}

const box = ([x1, y1, x2, y2, confidence, classId]: Row) => ({
  x1,
  y1,
  x2,
  y2,
  confidence,
  classId,
  index: 0,
});

/** Pairs each expected box with the found one that overlaps it most, each once. */
function agreementOf(found: readonly (readonly Detection[])[], { expected, width, height }: Case): Agreement {
  const result = { found: 0, expected: 0, matched: 0, leastIou: 1, mostConfidence: 0 };
  for (const [index, rows] of expected.entries()) {
    const clipped = rows
      .map(([x1, y1, x2, y2, ...rest]): Row => {
        const clip = (value: number, most: number): number => Math.min(most, Math.max(0, value));
        return [clip(x1, width), clip(y1, height), clip(x2, width), clip(y2, height), ...rest];
      })
      .filter(([x1, y1, x2, y2]) => x2 > x1 && y2 > y1);
    const left = new Set(
      (found[index] ?? []).map(({ bbox, ...rest }) => box([...bbox, rest.confidence, rest.classId])),
    );
    result.found += left.size;
    result.expected += clipped.length;
    for (const wanted of clipped.map(box)) {
      const same = [...left].filter(({ classId }) => classId === wanted.classId);
      const [match] = same.toSorted(
        (a, b) =>
          iou(b, wanted) - iou(a, wanted) ||
          Math.abs(a.confidence - wanted.confidence) - Math.abs(b.confidence - wanted.confidence),
      );
      if (match === undefined || iou(match, wanted) < 0.5) continue;
      left.delete(match);
      result.matched += 1;
      result.leastIou = Math.min(result.leastIou, iou(match, wanted));
      result.mostConfidence = Math.max(result.mostConfidence, Math.abs(match.confidence - wanted.confidence));
    }
  }
  return result;
}

describe.skipIf(python === undefined)(
  'exports of Ultralytics (needs ULTRALYTICS_PYTHON, see docs/MODELS.md)',
  () => {
    let folder: string;
    let matrix: Matrix;
    beforeAll(() => {
      folder = process.env['ULTRALYTICS_EXPORTS'] ?? mkdtempSync(join(tmpdir(), 'ultralytics-'));
      if (!existsSync(join(folder, 'cases.json'))) {
        const script = fileURLToPath(new URL('ultralytics/export_matrix.py', import.meta.url));
        execFileSync(python ?? '', [script, folder, existsSync(weights) ? fileURLToPath(weights) : ''], {
          stdio: ['ignore', 'ignore', 'inherit'],
        });
      }
      matrix = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as Matrix;
    }, 3_600_000);
    afterAll(() => {
      if (process.env['ULTRALYTICS_EXPORTS'] === undefined) rmSync(folder, { recursive: true, force: true });
    });

    it('find what predict of Ultralytics finds with the same file', async () => {
      const lines: string[] = [];
      const wrong: string[] = [];
      for (const one of matrix.cases) {
        await using runtime = await createInferenceRuntime({ intraOpThreads: 2 });
        try {
          const model = await runtime.loadModel(join(folder, one.file), { byteInput: detectorByteInput });
          const classes = Object.keys(createDetector({ model }).classNames).length;
          const detector = createDetector({
            model,
            classIds: Array.from({ length: classes }, (_, id) => id),
            aspectRatios: [one.width / one.height],
          });
          const found = await detectAll(detector, framesOf(one, folder, detector));
          const agreement = agreementOf(found, one);
          const { leastIou, mostConfidence, matched, expected } = agreement;
          const line = `${one.name}: ${agreement.found} found, ${expected} expected, ${matched} matched, least IoU ${leastIou.toFixed(6)}, confidence off by ${mostConfidence.toExponential(1)}`;
          lines.push(line);
          // Of hundreds of boxes some overlap by the threshold itself, which Ultralytics computes on boxes that are moved apart by class.
          const same = Math.max(expected - matched, agreement.found - matched) <= expected / 300;
          if (!same || leastIou < 0.999 || mostConfidence > 1e-3 || expected === 0) wrong.push(line);
        } catch (error) {
          wrong.push(`${one.name}: ${String(error)}`);
        }
      }
      for (const { name, why } of matrix.skipped)
        lines.push(`${name}: not exported by ${matrix.version}: ${why}`);
      process.stdout.write(`Ultralytics ${matrix.version}\n${lines.join('\n')}\n`);
      expect(wrong).toEqual([]);
      expect(matrix.cases.length).toBeGreaterThan(0);
    }, 3_600_000);
  },
);
