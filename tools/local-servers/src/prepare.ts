/** Installs what the servers and the tests of the live page need, once, so that no test waits for a download. */
import { prepareKafka } from './kafka.ts';
import { ensureTools } from './tools.ts';

ensureTools('redis-server', 'java');
await prepareKafka();
try {
  ensureTools('chromium');
} catch (error) {
  // Tests of the live page in a browser are skipped then, and say so.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
}
