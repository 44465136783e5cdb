import { type FrameEntry, type Logger, silentLogger } from '@trinetra/contracts';
import { createLogger } from '@trinetra/telemetry';
import { describe, expect, it } from 'vitest';
import { createFrameAspects } from './frame-aspects.ts';

const entryOf = (cameraId: string, originalSize?: FrameEntry['originalSize']): FrameEntry => ({
  ...{ cameraId, frameId: '1-0', cameraType: 'entrance', ingestTs: 1, frame: new Uint8Array() },
  ...(originalSize === undefined ? {} : { originalSize }),
});

function trial() {
  const lines: unknown[][] = [];
  const sources: string[] = [];
  const write =
    (level: string): Logger['info'] =>
    (fields, message) =>
      lines.push([level, fields['camera_id'], fields['source'], message]);
  const aspectOf = createFrameAspects({
    config: { CAMERA_ASPECTS: [{ cameras: 'cam_wide', aspectRatio: 16 / 9 }], FRAME_ASPECT: 16 / 9 },
    telemetry: { frameAspect: (source) => sources.push(source) },
    logger: { ...silentLogger, info: write('info'), warn: write('warn') },
  });
  return { aspectOf, lines, sources };
}

describe('createFrameAspects', () => {
  const square = { width: 640, height: 640 };

  it('counts every frame, and logs once for each camera and source', () => {
    const { aspectOf, lines, sources } = trial();
    for (let frame = 0; frame < 3; frame += 1) expect(aspectOf(entryOf('cam_1'), square)).toBe(16 / 9);
    expect(aspectOf(entryOf('cam_1', { width: 4, height: 3 }), square)).toBe(4 / 3);
    expect(sources).toEqual(['frame_aspect', 'frame_aspect', 'frame_aspect', 'entry']);
    expect(lines.map((line) => line.slice(0, 3))).toEqual([
      ['info', 'cam_1', 'frame_aspect'],
      ['info', 'cam_1', 'entry'],
    ]);
  });

  it('warns where CAMERA_ASPECTS names a camera whose frames are not square', () => {
    const { aspectOf, lines } = trial();
    expect(aspectOf(entryOf('cam_wide'), { width: 640, height: 480 })).toBe(4 / 3);
    expect(lines).toEqual([
      ['warn', 'cam_wide', 'frame', expect.stringContaining('CAMERA_ASPECTS is not used')],
    ]);
  });

  it('writes the size of the frames into the log, where nothing named frame would arrive', () => {
    const chunks: string[] = [];
    const aspectOf = createFrameAspects({
      config: { CAMERA_ASPECTS: [], FRAME_ASPECT: 16 / 9 },
      telemetry: { frameAspect: () => undefined },
      logger: createLogger({ destination: { write: (chunk) => void chunks.push(chunk) } }),
    });
    aspectOf(entryOf('cam_1'), square);
    expect(JSON.parse(chunks.join(''))).toMatchObject({ aspectRatio: 1.7778, frameSize: '640x640' });
  });
});
