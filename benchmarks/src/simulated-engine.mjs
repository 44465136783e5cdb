// Preloaded into a real worker (NODE_OPTIONS=--import), its threads included. In place of ONNX Runtime's session.run it
// answers with outputs of its own: SIMULATED_PERSONS persons a frame, each with one face. With SIMULATED_DEVICE=zero an answer
// costs nothing; with SIMULATED_DEVICE=latency a run of the detector takes the time of the design's table, on a
// timer that holds the thread but no CPU, and one after another in all threads: one simulated device.
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { getEnvironmentData, isMainThread, setEnvironmentData, Worker } from 'node:worker_threads';

const key = 'simulated-device';
const log = process.env.SIMULATED_LOG;
const persons = Number(process.env.SIMULATED_PERSONS ?? 0);
const holds = process.env.SIMULATED_DEVICE === 'latency';

/** Measured in the design: ms of a batch of 1, 4 and 8; linear between and beyond. */
const table = [
  [1, 25],
  [4, 70],
  [8, 140],
];
function latencyOf(batch) {
  const upper = batch <= 4 ? 1 : 2;
  const [[n0, t0], [n1, t1]] = [table[upper - 1], table[upper]];
  return t0 + ((t1 - t0) * (batch - n0)) / (n1 - n0);
}

/** Reserves the next free time of the device and waits until it is over; ns on the monotonic clock. */
function occupyDevice(batch) {
  const busyUntil = new BigInt64Array(getEnvironmentData(key), 0, 1);
  const length = BigInt(Math.round(latencyOf(batch) * 1e6));
  let start;
  for (;;) {
    const free = Atomics.load(busyUntil, 0);
    const now = process.hrtime.bigint();
    start = now;
    if (free > now) start = free; // BigInt: there is no Math.max
    if (Atomics.compareExchange(busyUntil, 0, free, start + length) === free) break;
  }
  const end = start + length;
  if (log !== undefined) appendFileSync(log, `${batch} ${start} ${end}\n`);
  const never = new Int32Array(getEnvironmentData(key), 8, 1);
  for (;;) {
    const left = Number(end - process.hrtime.bigint()) / 1e6;
    if (left <= 0) return;
    Atomics.wait(never, 0, 0, left);
  }
}

const volume = (dims) => dims.reduce((product, size) => product * size, 1);

/** Persons side by side in rows of 10, each 40 px wide and 100 px high, far enough apart for the suppression. */
function writePersons(data, [batch, rows, anchors]) {
  for (let frame = 0; frame < batch; frame += 1) {
    for (let person = 0; person < Math.min(persons, anchors); person += 1) {
      const at = (row) => frame * rows * anchors + row * anchors + person;
      data[at(0)] = 32 + (person % 10) * 62;
      data[at(1)] = 60 + (Math.floor(person / 10) % 10) * 60;
      data[at(2)] = 40;
      data[at(3)] = 56;
      data[at(4)] = 0.9;
    }
  }
}

/** One face in the middle of each crop, at the first prior of the largest stride. */
function writeFace(name, data, [batch]) {
  const each = data.length / batch;
  for (let crop = 0; crop < batch; crop += 1) {
    const at = crop * each;
    if (/^(cls|obj)_32$/.test(name)) data[at] = 1;
    if (name === 'bbox_32') data.set([2, 2, 1, 1], at);
    if (name === 'kps_32') data.set([1.5, 1.5, 2.5, 1.5, 2, 2, 1.6, 2.5, 2.4, 2.5], at);
  }
}

function replaceRunOf(ort) {
  const { InferenceSession, Tensor } = ort;
  const { run } = InferenceSession.prototype;
  /** Names and shapes of a session's outputs, the batch apart, by the shape of an item of its input. */
  const shapes = new WeakMap();

  async function outputsOf(session, feeds, rest) {
    const [batch, ...item] = Object.values(feeds)[0].dims;
    const shape = item.join('x');
    const known = shapes.get(session) ?? new Map();
    shapes.set(session, known);
    if (!known.has(shape)) {
      const real = await run.call(session, feeds, ...rest); // once, to know what the outputs look like
      // Bytes: not a model, but the conversion of a float picture for a proof.
      if (Object.values(real).some(({ type }) => type === 'uint8')) return null;
      known.set(
        shape,
        Object.entries(real).map(([name, { dims }]) => ({ name, of: dims.slice(1) })),
      );
    }
    return known.get(shape).map(({ name, of }) => ({ name, dims: [batch, ...of] }));
  }

  /** Into the memory that the worker gave, as ONNX Runtime does, which holds what an earlier run wrote; else into new memory. */
  function writeOutput({ name, dims }, given) {
    const data = given?.data ?? new Float32Array(volume(dims));
    if (dims.length === 2)
      data.fill(1); // an embedding
    else if (/_(8|16|32)$/.test(name)) writeFace(name, data, dims);
    else writePersons(data, dims);
    return given ?? new Tensor('float32', data, dims);
  }

  InferenceSession.prototype.run = async function (feeds, ...rest) {
    const outputs = await outputsOf(this, feeds, rest);
    if (outputs === null) return run.call(this, feeds, ...rest);
    const isDetector = outputs.some(({ dims }) => dims.length === 3 && dims[2] > 1000 && dims[1] >= 5);
    if (holds && isDetector) occupyDevice(Object.values(feeds)[0].dims[0]);
    const [fetches = {}] = rest;
    return Object.fromEntries(
      outputs.map((output) => [output.name, writeOutput(output, fetches[output.name])]),
    );
  };
}

/** Records when runs are handed to the inference threads. */
function logDepartures() {
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (message, ...rest) {
    if (message?.kind === 'run') appendFileSync(`${log}.departures`, `${process.hrtime.bigint()}\n`);
    return postMessage.call(this, message, ...rest);
  };
}

if (isMainThread) {
  setEnvironmentData(key, new SharedArrayBuffer(16));
  if (log !== undefined) logDepartures();
} else {
  const runtime = new URL('../../packages/inference-runtime/package.json', import.meta.url);
  replaceRunOf(createRequire(runtime)('onnxruntime-node'));
}
