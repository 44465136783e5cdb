import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { listen } from './listen.ts';

const host = '127.0.0.1';
const errorOf = (problem: string, options: ErrorOptions): Error => new Error(problem, options);

it('takes a free port, and says why an address cannot be had', async () => {
  const first = createServer();
  try {
    const port = await listen(first, { host, port: 0 }, errorOf);
    expect(port).toBeGreaterThan(0);
    await expect(listen(createServer(), { host, port }, errorOf)).rejects.toMatchObject({
      message: `${host}:${port}: the port is in use`,
      cause: { code: 'EADDRINUSE' },
    });
    const elsewhere = listen(createServer(), { host: '192.0.2.1', port: 0 }, errorOf);
    await expect(elsewhere).rejects.toThrow('EADDRNOTAVAIL');
  } finally {
    first.close();
  }
});
