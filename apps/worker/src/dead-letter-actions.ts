import { writeFile } from 'node:fs/promises';
import { printable, printableJson } from '@trinetra/contracts';
import type { DeadLetterInfo, DeadLetterSelection, DeadLetterStore } from '@trinetra/redis-batch-source';
import { columns, describeField, describeLetter, describeSummary, timeOf } from './dead-letter-text.ts';

/** Which dead letters `replay` and `drop` take. */
export interface Selection {
  readonly all?: true;
  readonly before?: number;
  readonly dryRun?: true;
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);
/** A line to stderr. */
export const complain = (text: string): void => void process.stderr.write(`${text}\n`);

/** What `ls` is told. */
export interface ListOptions {
  readonly camera?: string;
  readonly json?: true;
}

/** `dead-letters ls`; resolves to whether there was something to do, and it was done. */
export async function list(store: DeadLetterStore, { camera, json }: ListOptions): Promise<boolean> {
  if (camera === undefined) {
    const rows = (await store.summaries()).map(describeSummary);
    if (json === true) print(printableJson(rows));
    else print(rows.length === 0 ? 'no dead letters' : tableOfCameras(rows));
    return true;
  }
  const letters = await store.list(camera);
  if (json === true) print(printableJson(letters.map(describeLetter)));
  else print(letters.length === 0 ? `no dead letters of ${printable(camera)}` : tableOf(letters));
  return letters.length > 0;
}

function tableOfCameras(rows: readonly ReturnType<typeof describeSummary>[]): string {
  return columns([
    ['CAMERA', 'COUNT', 'OLDEST', 'NEWEST', 'REASONS'],
    ...rows.map(({ camera_id, count, oldest, newest, reasons }) => [
      printable(camera_id),
      String(count),
      oldest,
      newest,
      Object.entries(reasons)
        .map(([reason, times]) => `${printable(reason)} ${times}`)
        .join(', '),
    ]),
  ]);
}

function tableOf(letters: readonly DeadLetterInfo[]): string {
  return columns([
    ['ID', 'GIVEN UP', 'REASON', 'DELIVERIES', 'ENTRY', 'CONSUMER'],
    ...letters.map(({ id, deadAtMs, origin }) => [
      id,
      timeOf(deadAtMs),
      printable(origin?.reason ?? 'unknown'),
      String(origin?.deliveryCount ?? ''),
      printable(origin?.entryId ?? ''),
      printable(origin?.consumer ?? ''),
    ]),
  ]);
}

/** `dead-letters show`; resolves to whether there was something to do, and it was done. */
export async function show(
  store: DeadLetterStore,
  { camera, id, saveFrame }: { camera: string; id: string; saveFrame?: string },
): Promise<boolean> {
  const letter = await store.read(camera, id);
  if (letter === undefined) {
    complain(`error: ${camera} has no dead letter ${id}`);
    return false;
  }
  const rows: string[][] = Object.entries(describeLetter(letter)).map(([name, value]) => [
    name,
    printable(String(value)),
  ]);
  let frame: Buffer | undefined;
  for (let at = 0; at + 1 < letter.fields.length; at += 2) {
    const [name, value] = [letter.fields[at]?.toString() ?? '', letter.fields[at + 1] ?? Buffer.alloc(0)];
    if (name === 'frame') frame ??= value;
    rows.push([`field ${printable(name)}`, describeField(name, value)]);
  }
  print(columns(rows));
  if (saveFrame === undefined) return true;
  if (frame === undefined) {
    complain('error: it has no field "frame" to save');
    return false;
  }
  await writeFile(saveFrame, frame, { flag: 'wx', mode: 0o600 });
  print(`${frame.length} bytes written to ${printable(saveFrame)}`);
  return true;
}

type Chosen = Selection & { readonly camera: string; readonly ids: readonly string[] };

const selectionOf = ({ ids, all, before }: Chosen): DeadLetterSelection =>
  all === true ? { beforeMs: before } : { ids };

/** `dead-letters replay`; resolves to whether there was something to do, and it was done. */
export async function replay(store: DeadLetterStore, chosen: Chosen): Promise<boolean> {
  const { camera, dryRun } = chosen;
  let [done, total] = [0, 0];
  for await (const result of store.replayAll(camera, selectionOf(chosen), { dryRun })) {
    total += 1;
    const { id, outcome } = result;
    if (outcome === 'missing') {
      complain(`${camera} has no dead letter ${id}`);
    } else if (outcome === 'foreign') {
      complain(`${id} left: it did not come from a stream that STREAM_PATTERN names`);
    } else if (outcome === 'replayable') {
      print(`${id} would go to ${printable(result.streamKey)}`);
      done += 1;
    } else {
      print(`${id} is ${result.entryId} in ${printable(result.streamKey)} (${result.streamLength} entries)`);
      done += 1;
    }
  }
  if (total === 0) complain(`${camera} has no such dead letter`);
  print(`${done} of ${camera} ${dryRun === true ? 'would be replayed' : 'replayed'}`);
  return done > 0 && done === total;
}

/** `dead-letters drop`; resolves to whether there was something to do, and it was done. */
export async function drop(store: DeadLetterStore, chosen: Chosen): Promise<boolean> {
  const { camera, dryRun } = chosen;
  const { letters, missing } = await store.find(camera, selectionOf(chosen));
  for (const id of missing) complain(`${camera} has no dead letter ${id}`);
  if (letters.length + missing.length === 0) complain(`${camera} has no such dead letter`);
  const ids = letters.map(({ id }) => id);
  const done = dryRun === true ? ids.length : await store.drop(camera, ids);
  if (dryRun === true) for (const id of ids) print(`${id} would be dropped`);
  print(`${done} of ${camera} ${dryRun === true ? 'would be dropped' : 'dropped'}`);
  return done > 0 && done === ids.length + missing.length;
}
