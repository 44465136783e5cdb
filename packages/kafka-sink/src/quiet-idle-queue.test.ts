import { createRequire } from 'node:module';
import { afterEach, expect, it, vi } from 'vitest';
import { quietIdleQueues } from './quiet-idle-queue.ts';

const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js');

afterEach(() => {
  vi.useRealTimers();
});

it('arms no timer for a connection of kafkajs on which nothing waits, and one where a request does', () => {
  quietIdleQueues();
  quietIdleQueues();
  vi.useFakeTimers();
  const logger = { debug: () => undefined };
  const queue = new RequestQueue({ logger, maxInFlightRequests: null, requestTimeout: 1000 });
  queue.checkPendingRequests();
  expect(vi.getTimerCount()).toBe(0);
  queue.throttledUntil = Date.now() + 50;
  const request = { entry: { correlationId: 1, reject: () => undefined }, expectResponse: false };
  const sendRequest = vi.fn();
  queue.push({ ...request, sendRequest });
  expect(sendRequest).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(1);
});
