import { isUtf8 } from 'node:buffer';
import { writeFile } from 'node:fs/promises';
import { defined, printable, printableJson } from '@trinetra/contracts';
import type { DeadLetterInfo, DeadLetterSelection, DeadLetterStore } from '@trinetra/redis-batch-source';
import { columns } from './columns.ts';

/** Which dead letters `replay` and `drop` take; `dryRun` only says what would be done. */
export interface Chosen {
  readonly camera: string;
  readonly selection: DeadLetterSelection;
  readonly dryRun: boolean;
}

/** Longer values of fields, as pictures and what is no text, are told by their size. */
const longestText = 200;
const print = (text: string): void => void process.stdout.write(`${text}\n`);
const complain = (text: string): void => void process.stderr.write(`${text}\n`);
/** Says what went wrong, in a line: nothing was done. */
export function fail(text: string): false {
  complain(`error: ${text}`);
  return false;
}

/** ISO 8601; what is no time that a date can hold, as it is. */
const timeOf = (ms: number): string => (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms));

/** A dead letter as one JSON object. */
function describeLetter({ cameraId, id, deadAtMs, origin }: DeadLetterInfo): Record<string, unknown> {
  return defined({
    camera_id: cameraId,
    id,
    given_up: timeOf(deadAtMs),
    reason: origin?.reason ?? 'unknown',
    deliveries: origin?.deliveryCount,
    consumer: origin?.consumer,
    stream: origin?.streamKey,
    entry_id: origin?.entryId,
  });
}

/** `dead-letters ls`. Like the others it resolves to whether there was something to do, and it was done. */
export async function list(
  store: DeadLetterStore,
  { camera, json }: { camera?: string; json?: true },
): Promise<boolean> {
  if (camera === undefined) {
    const rows = (await store.summaries()).map(({ cameraId, count, oldestMs, newestMs, reasons }) => {
      return { camera_id: cameraId, count, oldest: timeOf(oldestMs), newest: timeOf(newestMs), reasons };
    });
    const cells = rows.map(({ camera_id, count, oldest, newest, reasons }) => {
      const told = Object.entries(reasons).map(([reason, times]) => `${printable(reason)} ${times}`);
      return [printable(camera_id), String(count), oldest, newest, told.join(', ')];
    });
    if (json === true) print(printableJson(rows));
    else if (rows.length === 0) print('no dead letters');
    else print(columns([['CAMERA', 'COUNT', 'OLDEST', 'NEWEST', 'REASONS'], ...cells]));
    return true;
  }
  const letters = await store.list(camera);
  const cells = letters.map(({ id, deadAtMs, origin }) => {
    const { reason = 'unknown', deliveryCount = '', entryId = '', consumer = '' } = origin ?? {};
    return [id, timeOf(deadAtMs), ...[reason, deliveryCount, entryId, consumer].map(String).map(printable)];
  });
  if (json === true) print(printableJson(letters.map(describeLetter)));
  else if (letters.length === 0) print(`no dead letters of ${printable(camera)}`);
  else print(columns([['ID', 'GIVEN UP', 'REASON', 'DELIVERIES', 'ENTRY', 'CONSUMER'], ...cells]));
  return letters.length > 0;
}

/** `dead-letters show`. */
export async function show(
  store: DeadLetterStore,
  { camera, id, saveFrame }: { camera: string; id: string; saveFrame?: string },
): Promise<boolean> {
  const letter = await store.read(camera, id);
  if (letter === undefined) return fail(`${camera} has no dead letter ${id}`);
  const known = Object.entries(describeLetter(letter));
  const rows = known.map(([name, value]) => [name, printable(String(value))]);
  let frame: Buffer | undefined;
  for (let at = 0; at + 1 < letter.fields.length; at += 2) {
    const [name, value] = [letter.fields[at]?.toString() ?? '', letter.fields[at + 1] ?? Buffer.alloc(0)];
    if (name === 'frame') frame ??= value;
    const isText = name !== 'frame' && value.length <= longestText && isUtf8(value);
    rows.push([`field ${printable(name)}`, isText ? printable(value.toString()) : `(${value.length} bytes)`]);
  }
  print(columns(rows));
  if (saveFrame === undefined) return true;
  if (frame === undefined) return fail('it has no field "frame" to save');
  await writeFile(saveFrame, frame, { flag: 'wx', mode: 0o600 });
  print(`${frame.length} bytes written to ${printable(saveFrame)}`);
  return true;
}

/** Says of what was chosen how much was `done`, and whether that is all of it. */
function conclude({ camera, dryRun }: Chosen, done: number, total: number, past: string): boolean {
  if (total === 0) complain(`${camera} has no such dead letter`);
  print(`${done} of ${camera} ${dryRun ? `would be ${past}` : past}`);
  return done > 0 && done === total;
}

/** `dead-letters replay`. */
export async function replay(store: DeadLetterStore, chosen: Chosen): Promise<boolean> {
  const { camera, selection, dryRun } = chosen;
  let [done, total] = [0, 0];
  for await (const result of store.replayAll(camera, selection, { dryRun })) {
    const { id, outcome } = result;
    total += 1;
    if (outcome === 'missing') complain(`${camera} has no dead letter ${id}`);
    if (outcome === 'foreign')
      complain(`${id} left: it did not come from a stream that STREAM_PATTERN names`);
    if (!('streamKey' in result)) continue;
    done += 1;
    const stream = printable(result.streamKey);
    if (result.outcome === 'replayable') print(`${id} would go to ${stream}`);
    else print(`${id} is ${result.entryId} in ${stream} (${result.streamLength} entries)`);
  }
  return conclude(chosen, done, total, 'replayed');
}

/** `dead-letters drop`. */
export async function drop(store: DeadLetterStore, chosen: Chosen): Promise<boolean> {
  const { camera, selection, dryRun } = chosen;
  const { letters, missing } = await store.find(camera, selection);
  for (const id of missing) complain(`${camera} has no dead letter ${id}`);
  const ids = letters.map(({ id }) => id);
  if (dryRun) for (const id of ids) print(`${id} would be dropped`);
  const done = dryRun ? ids.length : await store.drop(camera, ids);
  return conclude(chosen, done, ids.length + missing.length, 'dropped');
}
