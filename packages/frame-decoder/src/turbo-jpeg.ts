// The package's own function has only the fast inverse DCT, and does not say what was wrong. On Linux it links
// the library as a separate file, so loading the package loads the library.
import '@julusian/jpeg-turbo';
import type { ImageHeader } from './image-header.ts';

/**
 * Decodes a JPEG of one or three components into `target` (RGB, HWC). False if libjpeg-turbo cannot, or reads
 * another size
 * than the header's; `target` then holds anything.
 *
 * @throws libjpeg-turbo's complaint, if the data is damaged
 */
export type TurboJpeg = (source: Uint8Array, header: ImageHeader, target: Uint8Array) => boolean;

/** turbojpeg.h of libjpeg-turbo 3. */
const library = 'libturbojpeg.so.0';
const initDecompress = 1;
const formatRgb = 0;
const parameter = { width: 5, height: 6, fastDct: 10 } as const;

/**
 * Opens libjpeg-turbo's C interface. Its accurate inverse DCT (`exact`) gives libvips' pixels, bit for bit, in
 * less than half of the time, because nothing changes threads.
 *
 * @throws if there is no such library (on Linux there is) or koffi is not installed
 * @see https://github.com/libjpeg-turbo/libjpeg-turbo/blob/main/src/turbojpeg.h
 */
export async function openTurboJpeg(accuracy: 'fast' | 'exact'): Promise<TurboJpeg> {
  const { default: koffi } = await import('koffi');
  const turbo = koffi.load(library);
  const init = turbo.func('void *tj3Init(int type)');
  const destroy = turbo.func('void tj3Destroy(void *handle)');
  const set = turbo.func('int tj3Set(void *handle, int parameter, int value)');
  const get = turbo.func('int tj3Get(void *handle, int parameter)');
  const complaint = turbo.func('const char *tj3GetErrorStr(void *handle)');
  const readHeader = turbo.func('int tj3DecompressHeader(void *handle, const uint8_t *jpeg, size_t bytes)');
  const decompress = turbo.func(
    'int tj3Decompress8(void *handle, const uint8_t *jpeg, size_t bytes, uint8_t *pixels, int pitch, int format)',
  );

  const decode = (handle: unknown, source: Uint8Array, header: ImageHeader, target: Uint8Array): boolean => {
    const { width, height } = header;
    if (target.byteLength < width * height * 3) return false;
    if (accuracy === 'fast') set(handle, parameter.fastDct, 1);
    if (readHeader(handle, source, source.byteLength) !== 0) return leaveToOthers(complaint(handle));
    if (get(handle, parameter.width) !== width || get(handle, parameter.height) !== height) return false;
    const failed = decompress(handle, source, source.byteLength, target, 0, formatRgb) !== 0;
    return !failed || leaveToOthers(complaint(handle));
  };

  return (source, header, target) => {
    // A handle costs less than a microsecond, and after a broken header it refuses every further picture.
    const handle: unknown = init(initDecompress);
    if (handle === null) return false;
    try {
      return decode(handle, source, header, target);
    } finally {
      destroy(handle);
    }
  };
}

/**
 * For an unknown kind of JPEG, or an error after the pixels, another decoder may know more.
 *
 * @throws the complaint, if pixels may be missing or wrong
 */
function leaveToOthers(message: string): false {
  if (/corrupt jpeg data|premature end/i.test(message)) throw new Error(message);
  return false;
}
