// Preloaded into a real worker process (NODE_OPTIONS=--import), its threads included: injects a fault at the public API
// of a driver. INJECT_KILL=point:n ends the process by SIGKILL at the n-th time that it is at the point; INJECT_SLOW_MS
// makes the first run of the engine that slow. Both count from the first entry that the worker has read.
// INJECT_POISON=decode or infer ends the process by SIGKILL, INJECT_POISON=throw fails the run of the engine, each time that
// a frame comes there whose middle pixel is magenta.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

const [point, times = '1'] = (process.env.INJECT_KILL ?? '').split(':');
const slowMs = Number(process.env.INJECT_SLOW_MS ?? 0);
const packageOf = (name) => createRequire(new URL(`../../../packages/${name}/package.json`, import.meta.url));

const poison = process.env.INJECT_POISON;

let left = Number(times);
function at(name) {
  if (name !== point) return;
  left -= 1;
  if (left <= 0) end();
}

const end = () => process.kill(process.pid, 'SIGKILL');

const channel = new BroadcastChannel('inject-fault');
channel.unref();

/** What a script of redis-batch-source is for. */
function kindOf(script) {
  if (script.includes("'XREADGROUP'")) return 'read';
  if (script.includes("'XCLAIM'") && script.includes("'XADD'")) return 'recover';
  return script.includes("'XACK'") ? 'ack' : 'other';
}

function injectIntoRedis() {
  const { Redis } = packageOf('redis-batch-source')('ioredis');
  const { callBuffer } = Redis.prototype;
  const kinds = new Map();
  let armed = false;
  Redis.prototype.callBuffer = async function (command, ...args) {
    const [script] = args;
    if (command === 'EVAL') kinds.set(createHash('sha1').update(script).digest('hex'), kindOf(script));
    // The first time, so that the worker shows the script behind the hash.
    if (command === 'EVALSHA' && !kinds.has(script)) throw new Error('NOSCRIPT injected');
    const kind = kinds.get(command === 'EVAL' ? createHash('sha1').update(script).digest('hex') : script);
    const reply = await callBuffer.call(this, command, ...args);
    if ((kind === 'read' || kind === 'recover') && reply[0].length > 0) {
      if (!armed) channel.postMessage('armed');
      armed = true;
      at('after-read');
    }
    if (kind === 'ack') at('after-ack');
    return reply;
  };
}

/** The sink sends through the broker connections of kafkajs. */
function injectIntoKafka() {
  const Broker = packageOf('kafka-sink')('kafkajs/src/broker');
  const { produce } = Broker.prototype;
  Broker.prototype.produce = async function (request) {
    const answer = await produce.call(this, request);
    at('after-produce');
    return answer;
  };
}

/** The decode threads call libjpeg-turbo's C functions by koffi. */
async function injectIntoDecoder() {
  const { default: koffi } = await import(
    new URL('index.js', pathToFileURL(packageOf('frame-decoder').resolve('koffi'))).href
  );
  const { load } = koffi;
  koffi.load = (...names) => {
    const library = load(...names);
    const get = library.func('int tj3Get(void *handle, int parameter)');
    const func = (declaration) => {
      const call = library.func(declaration);
      if (!declaration.includes('tj3Decompress8')) return call;
      return (handle, source, bytes, pixels, ...rest) => {
        if (armed) at('during-decode');
        const result = call(handle, source, bytes, pixels, ...rest);
        const [width, height] = [get(handle, 5), get(handle, 6)]; // TJPARAM_JPEGWIDTH, TJPARAM_JPEGHEIGHT
        const middle = ((height >> 1) * width + (width >> 1)) * 3;
        if (poison === 'decode' && isMagenta(...pixels.subarray(middle, middle + 3))) end();
        return result;
      };
    };
    return { func };
  };
}

const isMagenta = (red, green, blue) => red > 200 && green < 50 && blue > 200;

/** Whether a frame with the mark is among the inputs of the detector: [n, height, width, 3], RGB 0..255. */
function holdsPoison(feeds) {
  const [{ dims, data }] = Object.values(feeds);
  const [count, height, width, channels] = dims;
  if (width !== 640 || channels !== 3) return false;
  const middle = (height >> 1) * width + (width >> 1);
  const colour = (item) => data.subarray((item * height * width + middle) * 3).subarray(0, 3);
  return Array.from({ length: count }, (_, item) => isMagenta(...colour(item))).includes(true);
}

function injectIntoEngine() {
  const { InferenceSession } = packageOf('inference-runtime')('onnxruntime-node');
  const { run } = InferenceSession.prototype;
  let wait = slowMs;
  InferenceSession.prototype.run = async function (...args) {
    if (armed) {
      at('during-inference');
      const ms = wait;
      wait = 0;
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    }
    if ((poison === 'infer' || poison === 'throw') && holdsPoison(args[0])) {
      if (poison === 'infer') end();
      throw new Error('Non-zero status code returned while running Conv node (injected)');
    }
    return run.apply(this, args);
  };
}

let armed = false;
if (isMainThread) {
  injectIntoRedis();
  if (point === 'after-produce') injectIntoKafka();
} else {
  channel.onmessage = () => {
    armed = true;
  };
  if (point === 'during-decode' || poison === 'decode') await injectIntoDecoder();
  if (point === 'during-inference' || slowMs > 0 || poison === 'infer' || poison === 'throw')
    injectIntoEngine();
}
