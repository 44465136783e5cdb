import { printable } from '@trinetra/contracts';
import { formatTable } from '@trinetra/program';
import type { DiffReport, Shared, SideCounts, WorstFrame } from './report.ts';

const figure = (value: number | null, digits: number): string =>
  value === null ? '-' : value.toFixed(digits);
const signed = (value: number | null, digits: number): string =>
  value === null ? '-' : `${value > 0 ? '+' : ''}${value.toFixed(digits)}`;
const short = (text: string): string => printable(text.length > 64 ? `${text.slice(0, 64)}…` : text);

/** The comparison for people: counts, figures, then the frames that differ most. */
export function reportText(report: DiffReport): string {
  const { a, b, worst } = report;
  const lines = [`A  ${sideOf(a)}`, `B  ${sideOf(b)}`, ''];
  if (report.identical) lines.push('identical', '');
  lines.push(...tableOf(report), '', ...figuresOf(report));
  if (worst.length > 0) {
    lines.push('', 'Frames that differ most: score, camera, ingest_ts, frame in A and in B');
    lines.push(...worst.map(worstLine));
  }
  return lines.join('\n');
}

function sideOf({ name, events, duplicates, invalid }: SideCounts): string {
  const again = duplicates > 0 ? `, ${duplicates} of them duplicates` : '';
  const broken = invalid > 0 ? `; ${invalid} that are no events` : '';
  return `${printable(name)}: ${events} events${again}${broken}`;
}

function tableOf({ frames, persons, faces, embeddings }: DiffReport): string[] {
  const share = (part: number, all: number): string =>
    all === 0 ? String(part) : `${part} (${((100 * part) / all).toFixed(1)} %)`;
  const row = (name: string, { a, b, both, only_a, only_b }: Shared): string[] => [
    ...[name, String(a), String(b), String(both)],
    ...[share(only_a, a), share(only_b, b)],
  ];
  return formatTable([
    ['', 'A', 'B', 'both', 'only A', 'only B'],
    row('frames', frames),
    row('persons', persons),
    row('faces', faces),
    row('embeddings', embeddings),
  ]);
}

function figuresOf(report: DiffReport): string[] {
  const { iou, confidence_shift: shift, cosine, spaces, status_changes, frames } = report;
  const { only_a_confidence: onlyA, only_b_confidence: onlyB } = report;
  const confidences = (name: string, { mean, most }: typeof onlyA): string[] =>
    mean === null
      ? []
      : [`persons only in ${name}: confidence ${figure(mean, 2)} in the mean, ${figure(most, 2)} at most`];
  const changes = Object.entries(status_changes).map(([change, count]) => `${count} ${change}`);
  return [
    ...confidences('A', onlyA),
    ...confidences('B', onlyB),
    `IoU of boxes: median ${figure(iou.median, 4)}, p5 ${figure(iou.p5, 4)}, worst ${figure(iou.worst, 4)}`,
    `confidence, B less A: mean ${signed(shift.mean, 4)}, p95 of its size ${figure(shift.p95, 4)}, worst ${signed(shift.worst, 4)}`,
    `cosine of ${cosine.compared} embeddings: median ${figure(cosine.median, 5)}, p1 ${figure(cosine.p1, 5)}, worst ${figure(cosine.worst, 5)}`,
    ...(spaces.frames_that_differ === 0
      ? []
      : [
          `embedding spaces differ in ${spaces.frames_that_differ} frames, whose embeddings are not compared: ` +
            `A ${spaces.a.map(short).join(', ') || 'none'}; B ${spaces.b.map(short).join(', ') || 'none'}`,
        ]),
    `status: ${changes.length === 0 ? 'the same' : changes.join(', ')}`,
    ...(frames.given_up === 0
      ? []
      : [`${frames.given_up} frames had waited too long for the other side: are A and B in the same order?`]),
  ];
}

function worstLine(frame: WorstFrame): string {
  const list = (confidences: readonly number[]): string => {
    const rest = confidences.length - 4;
    return [...confidences.slice(0, 4).map((one) => one.toFixed(2)), ...(rest > 0 ? [`+${rest}`] : [])].join(
      ' ',
    );
  };
  const { persons_only_a: onlyA, persons_only_b: onlyB, status_a, status_b } = frame;
  const { least_iou, confidence_shift, least_cosine } = frame;
  const differences = [
    ...(frame.frame_id_b === null ? ['no such frame in B'] : []),
    ...(frame.frame_id_a === null ? ['no such frame in A'] : []),
    ...(onlyA.length > 0 ? [`only in A ${list(onlyA)}`] : []),
    ...(onlyB.length > 0 ? [`only in B ${list(onlyB)}`] : []),
    ...(least_iou !== null && least_iou < 1 ? [`IoU ${least_iou.toFixed(3)}`] : []),
    ...(confidence_shift ? [`confidence ${signed(confidence_shift, 3)}`] : []),
    ...(frame.faces_lost > 0 ? [`faces lost ${frame.faces_lost}`] : []),
    ...(frame.faces_won > 0 ? [`faces won ${frame.faces_won}`] : []),
    ...(frame.embeddings_lost > 0 ? [`embeddings lost ${frame.embeddings_lost}`] : []),
    ...(least_cosine !== null && least_cosine < 1 ? [`cosine ${least_cosine.toFixed(4)}`] : []),
    ...(status_a !== null && status_b !== null && status_a !== status_b
      ? [`${status_a} -> ${status_b}`]
      : []),
  ];
  return [
    frame.score.toFixed(2).padStart(6),
    short(frame.camera_id),
    String(frame.ingest_ts),
    short(frame.frame_id_a ?? '-'),
    short(frame.frame_id_b ?? '-'),
    differences.join(', '),
  ].join('  ');
}
