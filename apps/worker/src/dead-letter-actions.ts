import { writeFile } from 'node:fs/promises';
import type { DeadLetterInfo, DeadLetterStore } from '@trinetra/redis-batch-source';
import { columns, printable, printableJson } from '@trinetra/telemetry';
import { describeField, describeLetter, summarise, timeOf } from './dead-letter-text.ts';

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
  const cameras = camera === undefined ? await store.cameras() : [camera];
  const found: { camera: string; letters: readonly DeadLetterInfo[] }[] = [];
  for (const name of cameras) {
    const letters = await store.list(name);
    if (letters.length > 0) found.push({ camera: name, letters });
  }
  if (json === true) {
    const each = camera === undefined ? [] : (found[0]?.letters ?? []).map(describeLetter);
    print(printableJson(camera === undefined ? found.map(summarise) : each));
  } else if (found.length === 0) {
    print(camera === undefined ? 'no dead letters' : `no dead letters of ${printable(camera)}`);
  } else {
    print(camera === undefined ? tableOfCameras(found.map(summarise)) : tableOf(found[0]?.letters ?? []));
  }
  return camera === undefined || found.length > 0;
}

function tableOfCameras(rows: readonly ReturnType<typeof summarise>[]): string {
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

/** Those that are there; of the others it says so. */
async function choose(
  store: DeadLetterStore,
  { camera, ids, all, before }: Chosen,
): Promise<DeadLetterInfo[]> {
  const letters = await store.list(camera);
  if (all === true) {
    const chosen = letters.filter(({ deadAtMs }) => before === undefined || deadAtMs < before);
    if (chosen.length === 0) complain(`${camera} has no such dead letter`);
    return chosen;
  }
  return [...new Set(ids)].flatMap((id) => {
    const letter = letters.find((one) => one.id === id);
    if (letter === undefined) complain(`${camera} has no dead letter ${id}`);
    return letter ?? [];
  });
}

/** `dead-letters replay`; resolves to whether there was something to do, and it was done. */
export async function replay(store: DeadLetterStore, selection: Chosen): Promise<boolean> {
  const { camera, ids, dryRun } = selection;
  const letters = await choose(store, selection);
  let done = 0;
  for (const letter of letters) {
    if (!store.canReplay(letter)) {
      complain(`${letter.id} left: it did not come from a stream that STREAM_PATTERN names`);
    } else if (dryRun === true) {
      print(`${letter.id} would go to ${printable(letter.origin?.streamKey ?? '')}`);
      done += 1;
    } else {
      const result = await store.replay(camera, letter.id);
      if (result.outcome !== 'replayed') {
        complain(`${letter.id} left: ${result.outcome}`);
        continue;
      }
      const { streamKey, entryId, streamLength } = result;
      print(`${letter.id} is ${entryId} in ${printable(streamKey)} (${streamLength} entries)`);
      done += 1;
    }
  }
  print(`${done} of ${camera} ${dryRun === true ? 'would be replayed' : 'replayed'}`);
  return done > 0 && done === Math.max(letters.length, new Set(ids).size);
}

/** `dead-letters drop`; resolves to whether there was something to do, and it was done. */
export async function drop(store: DeadLetterStore, selection: Chosen): Promise<boolean> {
  const { camera, ids, dryRun } = selection;
  const chosen = (await choose(store, selection)).map(({ id }) => id);
  const done = dryRun === true ? chosen.length : await store.drop(camera, chosen);
  if (dryRun === true) for (const id of chosen) print(`${id} would be dropped`);
  print(`${done} of ${camera} ${dryRun === true ? 'would be dropped' : 'dropped'}`);
  return done > 0 && done === Math.max(chosen.length, new Set(ids).size);
}
