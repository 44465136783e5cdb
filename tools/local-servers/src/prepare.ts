/** Installs what the servers need, once, so that no test waits for a download. */
import { prepareKafka } from './kafka.ts';
import { ensureTools } from './tools.ts';

ensureTools('redis-server', 'java');
await prepareKafka();
