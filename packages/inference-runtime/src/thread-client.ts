import { Worker } from 'node:worker_threads';
import { InferenceError } from './errors.ts';
import { type ThreadRequest, type ThreadResponse, transferList } from './messages.ts';

/** A request without its number, which the client gives. */
type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;
export type ThreadCall = Unnumbered<ThreadRequest>;

interface Waiting {
  resolve(response: ThreadResponse): void;
  reject(error: Error): void;
}

/** The thread's code: built, or as source in tests. */
export const inferenceThreadFile: URL = new URL(
  import.meta.url.endsWith('.ts') ? './inference-thread.ts' : './inference-thread.js',
  import.meta.url,
);

/** Talks to one inference thread; answers come in the order of the calls. */
export class ThreadClient {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #ended: InferenceError | undefined;
  readonly #drained = Promise.withResolvers<void>();

  constructor(file: URL) {
    this.#worker = new Worker(file);
    this.#worker.on('message', (response: ThreadResponse) => {
      const waiting = this.#waiting.get(response.id);
      this.#waiting.delete(response.id);
      waiting?.resolve(response);
      if (this.#waiting.size > 0) return;
      this.#worker.unref();
      if (!this.alive) this.#drained.resolve();
    });
    this.#worker.on('error', (error) => this.#end(`the inference thread failed: ${String(error)}`, error));
    this.#worker.on('exit', (code) => this.#end(`the inference thread ended with code ${code}`));
    this.#worker.unref();
  }

  /** False once the thread has ended: another client is needed. */
  get alive(): boolean {
    return this.#ended === undefined;
  }

  #end(message: string, cause?: unknown): void {
    this.#ended ??= new InferenceError('thread_crashed', message, { retryable: true, cause });
    for (const waiting of this.#waiting.values()) waiting.reject(this.#ended);
    this.#waiting.clear();
    this.#drained.resolve();
  }

  async call(request: ThreadCall): Promise<ThreadResponse> {
    if (this.#ended !== undefined) throw this.#ended;
    const id = this.#next;
    this.#next += 1;
    // Sent before it is waited for: a request that cannot be sent has no answer, and close() would wait for it forever.
    try {
      this.#worker.postMessage({ ...request, id }, request.kind === 'run' ? transferList(request.feeds) : []);
    } catch (error) {
      throw new InferenceError(
        'model_mismatch',
        `expected feeds whose buffers can be moved to another thread but received one that cannot (${String(error)}): pass a copy of it`,
        { cause: error },
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<ThreadResponse>();
    this.#waiting.set(id, { resolve, reject });
    this.#worker.ref();
    return promise;
  }

  /** Takes no more calls, answers those it has, and ends the thread. */
  async close(): Promise<void> {
    this.#ended ??= new InferenceError('closed', 'the inference runtime is closed');
    if (this.#waiting.size > 0) await this.#drained.promise;
    await this.#worker.terminate();
  }
}
