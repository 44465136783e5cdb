// The bare loop of ONNX Runtime: the most that a model can do on this machine. Run by loop-child.ts with a job
// as JSON.
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { errorText } from '@trinetra/contracts';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** A model, the items a run, and for how long. */
export interface ModelJob {
  readonly path: string;
  readonly batch: number;
  readonly seconds: number;
  /** Height and width of an input that leaves them open, px; default 320 each. */
  readonly sides?: readonly [height: number, width: number];
}

interface ThreadResult {
  readonly items: number;
  readonly seconds: number;
}

async function runThread(
  { path, batch, seconds, sides: [height, width] = [320, 320] }: ModelJob,
  intraOpNumThreads: number,
): Promise<ThreadResult> {
  const session = await InferenceSession.create(path, { intraOpNumThreads, interOpNumThreads: 1 });
  const [input] = session.inputMetadata;
  if (input?.isTensor !== true) throw new Error(`${path}: expected a tensor as input`);
  const dims = input.shape.map((size, axis) =>
    typeof size === 'number' ? size : ([batch, 3, height, width][axis] ?? 1),
  );
  const data = Float32Array.from(
    { length: dims.reduce((product, size) => product * size, 1) },
    (_, at) => (at % 251) / 251,
  );
  const feeds = { [input.name]: new Tensor('float32', data, dims) };
  for (let run = 0; run < 3; run += 1) await session.run(feeds);
  parentPort?.postMessage('warm');
  await new Promise((resolve) => parentPort?.once('message', resolve));
  const startedAt = performance.now();
  let items = 0;
  while (performance.now() < startedAt + seconds * 1000) {
    await session.run(feeds);
    items += dims[0] ?? batch;
  }
  return { items, seconds: (performance.now() - startedAt) / 1000 };
}

async function runAll(job: ModelJob): Promise<void> {
  const threads = Math.min(4, availableParallelism());
  const intraOp = Math.max(1, Math.floor(availableParallelism() / threads));
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL(import.meta.url), { workerData: { job, intraOp } }),
  );
  const next = (): Promise<unknown[]> =>
    Promise.all(
      workers.map(
        (worker) =>
          new Promise((resolve, reject) => {
            worker.once('message', resolve);
            worker.once('error', reject);
          }),
      ),
    );
  await next();
  const before = process.cpuUsage();
  const done = next() as Promise<ThreadResult[]>;
  for (const worker of workers) worker.postMessage('go');
  const results = await done;
  const { user, system } = process.cpuUsage(before);
  const items = results.reduce((sum, result) => sum + result.items, 0);
  // Each thread by its own time: the last run of one may end half a second after that of another.
  const perSecond = results.reduce((sum, result) => sum + result.items / result.seconds, 0);
  process.stdout.write(JSON.stringify({ perSecond, cpuMsEach: (user + system) / 1000 / items }));
}

/** The parent reports the error to the user, in a sentence. */
function fail(error: unknown): never {
  process.stderr.write(`${errorText(error).replace(/\s+/g, ' ')}\n`);
  process.exit(1);
}

if (isMainThread) await runAll(JSON.parse(process.argv[2] ?? '{}') as ModelJob).catch(fail);
else {
  const { job, intraOp } = workerData as { readonly job: ModelJob; readonly intraOp: number };
  parentPort?.postMessage(await runThread(job, intraOp));
}
