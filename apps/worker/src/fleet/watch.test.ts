import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { watchForHang } from './watch.ts';

async function portOf(answer: RequestListener): Promise<number> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

it('tells a hang once a worker that did answer misses several questions in a row', async () => {
  const asked: string[] = [];
  // Two misses at most before the sixth question: two are forgiven, three are not.
  const port = await portOf(({ url }, response) => {
    asked.push(String(url));
    if (asked.length === 3 || asked.length === 6) response.end('{}');
  });
  const options = { port: () => port, intervalMs: 500, allowedMisses: 3 };
  expect(await watchForHang(options, new AbortController().signal)).toBe(true);
  expect(asked).toEqual(Array.from({ length: 9 }, () => '/health'));
});

it('ends without a hang when the worker has ended', async () => {
  const stop = new AbortController();
  let asked = 0;
  const port = (): undefined => {
    asked += 1;
    if (asked === 2) stop.abort();
    return undefined;
  };
  expect(await watchForHang({ port, intervalMs: 1, allowedMisses: 9 }, stop.signal)).toBe(false);
  expect(asked).toBe(2);
});
