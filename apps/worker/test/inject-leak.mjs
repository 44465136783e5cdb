// Preloaded into a real worker process (NODE_OPTIONS=--import): keeps 1 MB of each reply of Redis with entries.
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const { Redis } = createRequire(
    new URL('../../../packages/redis-batch-source/package.json', import.meta.url),
  )('ioredis');
  const { callBuffer } = Redis.prototype;
  const kept = [];
  Redis.prototype.callBuffer = async function (command, ...args) {
    const reply = await callBuffer.call(this, command, ...args);
    if (Array.isArray(reply?.[0]) && reply[0].length > 0) kept.push(Buffer.alloc(1_000_000, 1));
    return reply;
  };
}
