import { spawnSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';

function findChromium(): string {
  return spawnSync('which', ['chromium'], { encoding: 'utf8' }).stdout.trim();
}

/** Whether Debian's Chromium is installed; tests that need a browser are skipped without. */
export function hasBrowser(): boolean {
  return findChromium() !== '';
}

/** Starts a headless Chromium of its own. */
export function launchBrowser(): Promise<Browser> {
  // Root, as in containers, cannot have Chromium's sandbox; the pages are our own.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: findChromium(), args });
}
