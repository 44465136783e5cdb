import { expect, it } from 'vitest';
import { redact, shownAddress } from './redact.ts';

it.each([
  ['rtsp://10.0.0.7/stream', 'rtsp://10.0.0.7'],
  ['rtsp://admin:hush@10.0.0.7:554/stream', 'rtsp://10.0.0.7:554'],
  ['rtsp://10.0.0.7:554/user=admin_password=hush_channel=1', 'rtsp://10.0.0.7:554'],
  ['http://10.0.0.7?user=a&password=hush', 'http://10.0.0.7'],
  ['rtsp://admin:a@hush@10.0.0.7/x', 'rtsp://10.0.0.7'],
  // The / of this password should be %2F: what follows the @ is no host.
  ['rtsp://admin:a@hu/sh@10.0.0.7/x', 'rtsp://...'],
  ['rtsp://admin:hush@[fe80::1]:554/x', 'rtsp://[fe80::1]:554'],
])('shows %s as %s', (address, shown) => {
  expect(shownAddress(address)).toBe(shown);
});

it('takes addresses out of what ffmpeg says: the one it was given, and others it was sent to', () => {
  const source = { input: 'rtsp://a:hush hush@cam/x', shown: 'rtsp://cam' };
  expect(redact('rtsp://a:hush hush@cam/x: Connection refused', source)).toBe(
    'rtsp://cam: Connection refused',
  );
  expect(redact("Opening 'http://b:hush@other:80/y?p=hush' for reading", source)).toBe(
    "Opening 'http://other:80' for reading",
  );
  expect(redact('file:/srv/x.mp4: Invalid data', { input: '/srv/x.mp4', shown: 'x.mp4' })).toBe(
    'x.mp4: Invalid data',
  );
});
