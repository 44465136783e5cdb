import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { Viewers } from './viewers.ts';

const message = 'x'.repeat(200_000);
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('keeps little for a viewer that takes nothing, then cuts it off; another misses nothing', async () => {
  const responses: ServerResponse[] = [];
  let ended = 0;
  const viewers = new Viewers(
    4,
    () => undefined,
    () => {
      ended += 1;
    },
  );
  const server = createServer((_, response) => {
    responses.push(response);
    viewers.add(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    viewers.close();
    server.close();
  });
  const open = async () => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    onTestFinished(() => {
      socket.destroy();
    });
    socket.on('error', () => undefined); // it is cut
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const wanted = responses.length + 1;
    while (responses.length < wanted) await tick();
    return socket;
  };
  const slow = await open();
  slow.pause();
  const quick = await open();
  let read = 0;
  quick.on('data', (chunk: Buffer) => {
    read += chunk.byteLength;
  });
  let sent = 0;
  let mostWaiting = 0;
  while (viewers.size === 2) {
    viewers.send('snapshot', message);
    sent += 1;
    mostWaiting = Math.max(mostWaiting, responses[0]?.writableLength ?? 0);
    while (read < sent * message.length) await tick();
    expect(sent).toBeLessThan(1000); // some 30 and what the system's buffers take
  }
  expect(responses[0]?.destroyed).toBe(true);
  expect(sent).toBeGreaterThan(30);
  expect(mostWaiting).toBeLessThan(256 * 1024 + 2 * message.length);
  expect(ended).toBe(0);
  quick.destroy();
  while (viewers.size > 0) await tick();
  expect(ended).toBe(1);
});
