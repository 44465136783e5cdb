import { TrinetraError } from '@trinetra/contracts';
import { describe, expect, it } from 'vitest';
import { createFrameDecoder } from './frame-decoder.ts';
import { defaultFrameDecoderOptions, parseFrameDecoderOptions } from './options.ts';

describe('options', () => {
  it('has frozen defaults', () => {
    expect(Object.isFrozen(defaultFrameDecoderOptions)).toBe(true);
    expect(parseFrameDecoderOptions({})).toEqual(defaultFrameDecoderOptions);
    expect(defaultFrameDecoderOptions).toMatchObject({
      inputSizes: [{ width: 640, height: 640 }],
      threads: 1,
    });
  });

  it.each([
    [{ threads: 0 }, /^threads: .*received 0$/],
    [{ inputSizes: [{ width: 1.5, height: 2 }] }, /^inputSizes\.0\.width: /],
    [{ maxPixels: 0 }, /^maxPixels: /],
    [{ size: 3 }, /size/],
  ])('refuses %j', async (options: object, message) => {
    const error = await createFrameDecoder(options).catch((thrown: unknown) => thrown);
    expect(TrinetraError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ code: 'invalid_options', message: expect.stringMatching(message) });
  });
});
