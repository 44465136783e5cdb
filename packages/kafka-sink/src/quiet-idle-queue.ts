import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

const patched = Symbol.for('trinetra.kafka-sink.quiet-idle-queue');

function isQueueClass(value: unknown): value is { readonly prototype: RequestQueue } {
  return (
    typeof value === 'function' && typeof value.prototype?.['scheduleCheckPendingRequests'] === 'function'
  );
}

/**
 * Lets idle connections of kafkajs rest.
 *
 * kafkajs 2.2.4 arms the timer that sends waiting requests also where none waits, with a negative delay: it fires each
 * millisecond on every connection (2.5 % of a core) and Node 24 prints a TimeoutNegativeWarning. No option leads
 * around it, so the method is wrapped, for every kafkajs client of the process. Does nothing where a later kafkajs
 * has no such method.
 *
 * @see https://github.com/tulios/kafkajs/issues/1704, https://github.com/tulios/kafkajs/issues/1751
 */
export function quietIdleQueues(): void {
  let queueClass: unknown;
  try {
    queueClass = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js');
  } catch {
    return; // another layout of kafkajs: it works as it is, only not as quietly
  }
  if (!isQueueClass(queueClass) || patched in queueClass) return;
  const schedule = queueClass.prototype.scheduleCheckPendingRequests;
  queueClass.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0) schedule.call(this);
  };
  Object.defineProperty(queueClass, patched, { value: true });
}
