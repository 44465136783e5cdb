/** Writes docs/status-page.png and docs/status-page-dark.png: the live page of a demo with generated scenes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { launchBrowser } from '@trinetra/test-support';

const docs = fileURLToPath(new URL('../../../docs', import.meta.url));
const main = fileURLToPath(new URL('main.ts', import.meta.url));
const cameras = 12;
/** Enough points, one in 10 s, for the lines to have a shape. */
const shownAfterMs = 90_000;

const folder = resolve(process.argv[2] ?? docs);
const demo = spawn(
  process.execPath,
  [main, '--cameras', String(cameras), '--fps', '0.7', '--seconds', '150', '--json', '--output', '/dev/null'],
  { stdio: ['ignore', 'ignore', 'pipe'] },
);
try {
  let url: string | undefined;
  for await (const line of createInterface(demo.stderr)) {
    url = /http:\/\/\S+/.exec(line)?.[0];
    if (line.includes('Watch it live') && url !== undefined) break;
  }
  demo.stderr.resume();
  if (url === undefined) throw new Error('expected the demo to print an address but it ended without');
  await using browser = await launchBrowser();
  const page = await browser.newPage({ viewport: { width: 1440, height: 1185 } });
  await page.goto(url);
  await page
    .locator('.tile.has-picture')
    .nth(cameras - 1)
    .waitFor({ timeout: 60_000 });
  await page.waitForTimeout(shownAfterMs);
  for (const [scheme, name] of [
    ['light', 'status-page'],
    ['dark', 'status-page-dark'],
  ] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.screenshot({ path: join(folder, `${name}.png`) });
  }
  if (folder !== docs) {
    await page.locator('.tile button').first().click();
    await page.waitForTimeout(3000);
    await page.screenshot({ path: join(folder, 'detail.png') });
    await page.keyboard.press('Escape');
  }
  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForTimeout(2000);
  if (folder !== docs)
    await page.screenshot({ path: join(folder, 'status-page-narrow.png'), fullPage: true });
} finally {
  demo.kill('SIGTERM');
  if (demo.exitCode === null && demo.signalCode === null) await once(demo, 'exit');
}
