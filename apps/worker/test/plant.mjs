// Preloaded into a real worker process (NODE_OPTIONS=--import), its threads included: plants a fault at the public API
// of a driver. PLANT_KILL=point:n ends the process by SIGKILL at the n-th time that it is at the point; PLANT_SLOW_MS
// makes the first run of the engine that slow. Both count from the first entry that the worker has read.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

const [point, times = '1'] = (process.env.PLANT_KILL ?? '').split(':');
const slowMs = Number(process.env.PLANT_SLOW_MS ?? 0);
const packageOf = (name) => createRequire(new URL(`../../../packages/${name}/package.json`, import.meta.url));

let left = Number(times);
function at(name) {
  if (name !== point) return;
  left -= 1;
  if (left <= 0) process.kill(process.pid, 'SIGKILL');
}

const channel = new BroadcastChannel('plant');
channel.unref();

/** What a script of redis-batch-source is for. */
function kindOf(script) {
  if (script.includes("'XREADGROUP'")) return 'read';
  if (script.includes("'XCLAIM'") && script.includes("'XADD'")) return 'recover';
  return script.includes("'XACK'") ? 'ack' : 'other';
}

function plantInRedis() {
  const { Redis } = packageOf('redis-batch-source')('ioredis');
  const { callBuffer } = Redis.prototype;
  const kinds = new Map();
  let armed = false;
  Redis.prototype.callBuffer = async function (command, ...args) {
    const [script] = args;
    if (command === 'EVAL') kinds.set(createHash('sha1').update(script).digest('hex'), kindOf(script));
    // The first time, so that the worker shows the script behind the hash.
    if (command === 'EVALSHA' && !kinds.has(script)) throw new Error('NOSCRIPT planted');
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

function plantInKafka() {
  const { Kafka } = packageOf('kafka-sink')('kafkajs');
  const { producer } = Kafka.prototype;
  Kafka.prototype.producer = function (options) {
    const made = producer.call(this, options);
    const { send } = made;
    made.send = async (record) => {
      const answer = await send(record);
      at('after-produce');
      return answer;
    };
    return made;
  };
}

async function plantInDecoder() {
  const { default: sharp } = await import(
    new URL('index.mjs', pathToFileURL(packageOf('frame-decoder').resolve('sharp'))).href
  );
  const { toBuffer } = sharp.prototype;
  sharp.prototype.toBuffer = function (...args) {
    const decoded = toBuffer.apply(this, args); // libvips is at work by now
    if (armed) at('during-decode');
    return decoded;
  };
}

function plantInEngine() {
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
    return run.apply(this, args);
  };
}

let armed = false;
if (isMainThread) {
  plantInRedis();
  if (point === 'after-produce') plantInKafka();
} else {
  channel.onmessage = () => {
    armed = true;
  };
  if (point === 'during-decode') await plantInDecoder();
  if (point === 'during-inference' || slowMs > 0) plantInEngine();
}
