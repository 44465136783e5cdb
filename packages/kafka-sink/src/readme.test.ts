import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDetectionEvent } from '@trinetra/contracts';
import { runReadmeExample } from '@trinetra/test-support';
import { expect, it } from 'vitest';

it('runs the first example of the README', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trinetra-readme-'));
  try {
    const env = { KAFKA_BOOTSTRAP_SERVERS: undefined, TMPDIR: folder };
    expect(await runReadmeExample(new URL('../', import.meta.url), { env })).toBe('published');
    const [line] = (await readFile(join(folder, 'detections.ndjson'), 'utf8')).split('\n');
    expect(parseDetectionEvent(line).camera_id).toBe('cam_01');
  } finally {
    await rm(folder, { recursive: true });
  }
});
