import { parentPort, workerData } from 'node:worker_threads';
import { errorText } from '@trinetra/contracts';
import sharp from 'sharp';
import { decodePixels, type JpegDecoder } from './decode-pixels.ts';
import { spareBytes } from './jpeg-prepare.ts';
import { createLetterboxFiller } from './letterbox-tensor.ts';
import { tensorOf } from './tensor-of.ts';
import type { DecodeRequest, ThreadData, ThreadMessage } from './thread-messages.ts';
import { openTurboJpeg } from './turbo-jpeg.ts';

if (parentPort === null) throw new Error('decode-thread runs as a worker thread only');
const port = parentPort;
const { tensorType, jpegAccuracy } = workerData as ThreadData;

// One frame at a time in each thread: parallelism is the number of threads.
sharp.concurrency(1);
sharp.cache(false);

let jpegDecoder: JpegDecoder = jpegAccuracy;
let slow: string | null = null;
try {
  jpegDecoder = await openTurboJpeg(jpegAccuracy);
} catch (error) {
  slow = errorText(error);
}
const fill = createLetterboxFiller();

const answer = async ({ buffers, byteLength, header, letterbox }: DecodeRequest): Promise<ThreadMessage> => {
  const { width, height } = header;
  const data = new Uint8Array(buffers.image, 0, width * height * 3);
  try {
    await decodePixels(new Uint8Array(buffers.bytes, 0, byteLength + spareBytes), header, data, jpegDecoder);
  } catch (error) {
    return { type: 'failed', message: errorText(error) };
  }
  const image = { data, width, height };
  const luma = fill(image, letterbox, tensorOf(tensorType, buffers.tensor, image));
  return { type: 'decoded', luma };
};

port.on('message', async (request: DecodeRequest | null) => {
  if (request === null) {
    port.close();
    return;
  }
  port.postMessage(await answer(request));
});
port.postMessage({ type: 'ready', slow } satisfies ThreadMessage);
