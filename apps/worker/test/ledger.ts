import { frameOutcomes } from '@trinetra/contracts';
import type { WorkerProcess } from './worker-process.ts';

/** What a worker says of one camera. */
interface CameraLedger {
  delivered: number;
  settled: number;
  inFlight: number;
}

/** The books of a worker by camera, from one reading of its `/metrics`. */
async function readLedger(worker: WorkerProcess): Promise<Map<string, CameraLedger>> {
  const text = await (await fetch(`${worker.url}/metrics`)).text();
  const ledgers = new Map<string, CameraLedger>();
  for (const line of text.split('\n')) {
    const match =
      /^trinetra_worker_frames(_delivered_total|_total|_in_flight)\{(?:gpu="\d+",)?camera_id="((?:[^"\\]|\\.)*)".*\} (\S+)$/.exec(
        line,
      );
    if (match === null) continue;
    const [, metric = '', camera = '', value = ''] = match;
    const ledger = ledgers.get(camera) ?? { delivered: 0, settled: 0, inFlight: 0 };
    if (metric === '_delivered_total') ledger.delivered += Number(value);
    else if (metric === '_in_flight') ledger.inFlight += Number(value);
    else if (frameOutcomes.some((outcome) => line.includes(`outcome="${outcome}"`)))
      ledger.settled += Number(value);
    ledgers.set(camera, ledger);
  }
  return ledgers;
}

/**
 * `delivered = sum(outcomes) + in flight`, camera by camera: no frame vanishes.
 *
 * @throws with the cameras whose books do not balance.
 */
export async function checkLedger(worker: WorkerProcess): Promise<void> {
  const ledgers = [...(await readLedger(worker))];
  const wrong = ledgers.filter(([, { delivered, settled, inFlight }]) => delivered !== settled + inFlight);
  if (ledgers.length === 0) throw new Error('the worker counts no camera');
  if (wrong.length > 0) throw new Error(`the books do not balance: ${JSON.stringify(wrong)}`);
}
