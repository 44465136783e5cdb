/** Installs what the servers and the tests need, once, so that no test waits for a download. */
import { prepareKafka } from './kafka.ts';
import { ensureTools } from './tools.ts';

ensureTools('redis-server', 'java');
await prepareKafka();
// If these are not available, the tests that need them are skipped and say so.
for (const tool of ['chromium', 'ffmpeg', 'an RTSP server'] as const) {
  try {
    ensureTools(tool);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  }
}
