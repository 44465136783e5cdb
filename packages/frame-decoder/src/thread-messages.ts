import type { Letterbox } from '@trinetra/contracts';
import type { ImageHeader } from './image-header.ts';
import type { LumaStatistics } from './letterbox-tensor.ts';
import type { FrameDecoderSettings } from './options.ts';

/** Given to the thread at its start. */
export type ThreadData = Pick<FrameDecoderSettings, 'tensorType' | 'jpegAccuracy'>;

/** The memory of one job, shared with the thread until it answers. */
export interface JobBuffers {
  /** The encoded frame: the first `byteLength` bytes of `bytes`, then `spareBytes` of room. */
  readonly bytes: SharedArrayBuffer;
  readonly image: SharedArrayBuffer;
  /** Null if the picture itself is the tensor. */
  readonly tensor: SharedArrayBuffer | null;
}

/** To the thread; `null` ends it. */
export interface DecodeRequest {
  readonly buffers: JobBuffers;
  readonly byteLength: number;
  readonly header: ImageHeader;
  /** How the picture lies in the tensor. */
  readonly letterbox: Letterbox;
}

/** From the thread: once ready, then one answer a request, in order. */
export type ThreadMessage =
  /** `slow`: why libjpeg-turbo's C interface cannot be used; null if it is. */
  | { readonly type: 'ready'; readonly slow: string | null }
  | { readonly type: 'decoded'; readonly luma: LumaStatistics }
  | { readonly type: 'failed'; readonly message: string };
