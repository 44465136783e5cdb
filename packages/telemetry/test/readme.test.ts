import { runReadmeExample } from '@trinetra/test-support';
import { expect, it } from 'vitest';

it('runs the first example of the README', async () => {
  const printed = await runReadmeExample(new URL('../', import.meta.url));
  expect(printed).toContain('trinetra_detections_total{camera_id="cam_entrance_01"} 3');
  expect(printed).toContain('503');
  expect(JSON.parse(printed.slice(printed.indexOf('{"ready')))).toEqual({
    ready: false,
    checks: { redis: { ok: true }, sink: { ok: false, detail: 'no broker' } },
  });
});
