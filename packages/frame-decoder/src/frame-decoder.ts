import {
  type Letterbox,
  pixelAspectRatioOf,
  type Result,
  rejectOnAbort,
  type Size,
  silentLogger,
  threadFile,
} from '@trinetra/contracts';
import { BufferPool } from './buffer-pool.ts';
import type { DecodedFrame, DecodeProblem } from './decode-result.ts';
import { FrameDecoderError } from './errors.ts';
import { blankFailure, checkHeader } from './frame-checks.ts';
import type { ImageHeader } from './image-header.ts';
import { spareBytes } from './jpeg-prepare.ts';
import { letterboxIn } from './letterbox-geometry.ts';
import { type FrameDecoderOptions, type FrameDecoderSettings, parseFrameDecoderOptions } from './options.ts';
import { tensorOf } from './tensor-of.ts';
import type { JobBuffers } from './thread-messages.ts';
import { type Job, type JobResult, ThreadPool } from './thread-pool.ts';

/** Counts of what the decoder holds and did. */
export interface FrameDecoderStats {
  /** Frames waiting for a thread. */
  readonly queued: number;
  /** Frames being decoded. */
  readonly active: number;
  /** Threads started in place of one that died. */
  readonly restarts: number;
  /** Buffers made, and buffers reused from the pool, since the start. */
  readonly allocatedBuffers: number;
  readonly reusedBuffers: number;
  /** Bytes in the pool. */
  readonly pooledBytes: number;
}

export interface DecodeOptions {
  /**
   * Width over height of what the camera saw, for the frame's size in the header. A squashed frame goes into
   * the model's input in its true proportions, and `image.pixelAspectRatio` tells later stages. Default: the
   * frame as it is.
   */
  readonly aspectRatioOf?: (frame: Size) => number;
  readonly signal?: AbortSignal;
}

/** Decodes frames in its own threads. */
export interface FrameDecoder extends AsyncDisposable {
  /**
   * What the embedding space of faces from these pictures has behind the name that the embedder gives it: nothing if JPEGs are
   * decoded exactly. Embeddings of `fast` pixels must not be compared with those of exact ones.
   */
  readonly embeddingSuffix: '' | '-fast-decode';
  /**
   * Decodes one frame. The bytes are copied before it returns, so the caller may reuse them at once.
   * Calls wait in a queue while the threads are busy: bound them at the source of the frames.
   *
   * @throws {@link FrameDecoderError} `closed`, or `thread_failed` when no thread can be started any more
   * @throws the signal's reason when it is aborted; RangeError for an aspect ratio that is not above 0
   */
  decode(bytes: Uint8Array, options?: DecodeOptions): Promise<Result<DecodedFrame, DecodeProblem>>;
  /** Gives a frame's buffers back for reuse; the frame must not be read afterwards. Twice is harmless. */
  release(frame: DecodedFrame): void;
  stats(): FrameDecoderStats;
  /** Decodes the queued frames, then ends. A second call does nothing. */
  close(): Promise<void>;
}

const maxPooledBuffers = 192;
const maxPooledBytes = 256 * 1024 * 1024;

/**
 * Starts the decode threads.
 *
 * @throws {@link FrameDecoderError} `invalid_options` or `thread_failed`
 * @example
 * const decoder = await createFrameDecoder({ threads: 2 });
 * const result = await decoder.decode(jpegBytes);
 * if (result.ok) decoder.release(result.value);
 * await decoder.close();
 */
export async function createFrameDecoder(options: FrameDecoderOptions = {}): Promise<FrameDecoder> {
  const file = threadFile(import.meta.url, 'decode-thread');
  if (file !== null) return createFrameDecoderWith(options, file);
  throw new FrameDecoderError(
    'thread_failed',
    'There is no decode-thread.js beside this bundle: make an entry of @trinetra/frame-decoder/thread, in a bundle of ES modules',
  );
}

/** {@link createFrameDecoder} with another thread file, for tests of dying threads. */
export async function createFrameDecoderWith(
  options: FrameDecoderOptions,
  threadUrl: URL,
): Promise<FrameDecoder> {
  const { logger = silentLogger, ...settings } = parseFrameDecoderOptions(options);
  const { tensorType, jpegAccuracy, threads } = settings;
  const pool = await ThreadPool.start(threadUrl, { tensorType, jpegAccuracy }, threads, logger);
  return new ThreadedFrameDecoder(settings, pool);
}

class ThreadedFrameDecoder implements FrameDecoder {
  readonly #settings: FrameDecoderSettings;
  readonly #threads: ThreadPool;
  readonly #buffers = new BufferPool(maxPooledBuffers, maxPooledBytes);
  readonly #lent = new WeakSet<DecodedFrame>();
  #closed: Promise<void> | undefined;

  constructor(settings: FrameDecoderSettings, threads: ThreadPool) {
    this.#settings = settings;
    this.#threads = threads;
  }

  get embeddingSuffix(): FrameDecoder['embeddingSuffix'] {
    return this.#settings.jpegAccuracy === 'fast' ? '-fast-decode' : '';
  }

  async decode(bytes: Uint8Array, options: DecodeOptions = {}): Promise<Result<DecodedFrame, DecodeProblem>> {
    options.signal?.throwIfAborted();
    if (this.#closed !== undefined) throw new FrameDecoderError('closed', 'The frame decoder is closed');
    const checked = checkHeader(bytes, this.#settings);
    if (!checked.ok) return checked;

    const { value: header } = checked;
    const { aspectRatioOf, signal } = options;
    const { width, height } = header;
    const pixelAspectRatio =
      aspectRatioOf === undefined ? 1 : pixelAspectRatioOf(header, aspectRatioOf({ width, height }));
    const letterbox = letterboxIn(header, this.#settings.inputSizes, pixelAspectRatio);
    const buffers = this.#takeBuffers(bytes, header, letterbox);
    const job = this.#threads.run({ buffers, byteLength: bytes.byteLength, header, letterbox });
    const result = await this.#resultOf(job, buffers, signal);
    return this.#finish(result, header, buffers, letterbox, pixelAspectRatio);
  }

  release(frame: DecodedFrame): void {
    if (!this.#lent.delete(frame)) return;
    for (const buffer of new Set([frame.tensor.buffer, frame.image.data.buffer]))
      if (buffer instanceof SharedArrayBuffer) this.#buffers.release(buffer);
  }

  stats(): FrameDecoderStats {
    const { allocated, reused, pooledBytes } = this.#buffers.counts;
    return { ...this.#threads.stats, allocatedBuffers: allocated, reusedBuffers: reused, pooledBytes };
  }

  close(): Promise<void> {
    this.#closed ??= this.#threads.close().then(() => this.#buffers.clear());
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #takeBuffers(bytes: Uint8Array, { width, height }: ImageHeader, letterbox: Letterbox): JobBuffers {
    const { tensorType } = this.#settings;
    const { newWidth, newHeight, inputWidth, inputHeight } = letterbox;
    const copy = this.#buffers.acquire(bytes.byteLength + spareBytes);
    new Uint8Array(copy).set(bytes);
    const isWhole = newWidth === inputWidth && newHeight === inputHeight;
    const isTensor = tensorType === 'uint8' && isWhole && width === inputWidth && height === inputHeight;
    const valueBytes = tensorType === 'uint8' ? 1 : 4;
    return {
      bytes: copy,
      image: this.#buffers.acquire(width * height * 3),
      tensor: isTensor ? null : this.#buffers.acquire(inputWidth * inputHeight * 3 * valueBytes, true),
    };
  }

  /** Rejects as soon as the signal is aborted; the buffers come back once no thread writes into them any more. */
  async #resultOf(job: Job, buffers: JobBuffers, signal: AbortSignal | undefined): Promise<JobResult> {
    if (signal === undefined) return job.result;
    try {
      return await rejectOnAbort(job.result, signal);
    } catch (error) {
      const giveBack = (): void => this.#giveBack(buffers);
      if (job.cancel()) giveBack();
      else void job.result.then(giveBack, () => undefined);
      throw error;
    }
  }

  #giveBack(buffers: JobBuffers): void {
    this.#buffers.release(buffers.bytes);
    this.#buffers.release(buffers.image);
    if (buffers.tensor !== null) this.#buffers.release(buffers.tensor);
  }

  #finish(
    result: JobResult,
    header: ImageHeader,
    buffers: JobBuffers,
    letterbox: Letterbox,
    pixelAspectRatio: number,
  ): Result<DecodedFrame, DecodeProblem> {
    if (result.type !== 'decoded') {
      this.#giveBack(buffers); // its thread is done with it, or has ended
      const broken = result.type === 'failed' ? `The ${header.format} data is broken: ` : '';
      return { ok: false, reason: 'corrupt', message: broken + result.message };
    }
    const { luma } = result;
    const blank = this.#settings.rejectFlat ? blankFailure(luma) : null;
    if (blank !== null) {
      this.#giveBack(buffers);
      return blank;
    }
    this.#buffers.release(buffers.bytes);
    const { width, height } = header;
    const { tensorType } = this.#settings;
    const data = new Uint8Array(buffers.image, 0, width * height * 3);
    const image = { data, width, height, pixelAspectRatio };
    const frame: DecodedFrame = {
      image,
      tensor: tensorOf(tensorType, buffers.tensor, image),
      letterbox,
      ...luma,
    };
    this.#lent.add(frame);
    return { ok: true, value: frame };
  }
}
