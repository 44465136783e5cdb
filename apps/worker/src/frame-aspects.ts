import {
  type AspectSource,
  createCameraAspect,
  type FrameEntry,
  type Logger,
  type Size,
} from '@trinetra/contracts';
import type { Telemetry } from '@trinetra/telemetry';
import type { Settings } from './settings.ts';

/** Width over height of what the camera saw, for a frame of some size. */
export type AspectOf = (entry: FrameEntry, frame: Size) => number;

export interface FrameAspectsOptions {
  readonly config: Pick<Settings, 'CAMERA_ASPECTS' | 'FRAME_ASPECT'>;
  readonly telemetry: Pick<Telemetry, 'frameAspect'>;
  readonly logger: Logger;
}

/** Cameras whose aspect is logged: once each, so that no flood of names floods the log. */
const maxLogged = 20_000;

const messages: Readonly<Record<AspectSource, string>> = {
  entry: 'the aspect of the camera is that of width and height in its entries',
  camera_aspects:
    'the aspect of the camera is that of CAMERA_ASPECTS: its square frames are taken for squashed',
  frame_aspect:
    'the aspect of the camera is assumed by FRAME_ASPECT: its square frames are taken for squashed, and nothing tells more',
  frame: 'the frames of the camera are taken as they are',
};

/** Makes the function that tells the aspect of each frame, counts where it is from, and logs that once for each camera. */
export function createFrameAspects({ config, telemetry, logger }: FrameAspectsOptions): AspectOf {
  const aspectOf = createCameraAspect({
    cameraAspects: config.CAMERA_ASPECTS,
    frameAspect: config.FRAME_ASPECT,
  });
  const logged = new Set<string>();
  return (entry, frame) => {
    const { aspectRatio, source, unusedAspectRatio } = aspectOf(entry, frame);
    telemetry.frameAspect(source);
    const key = `${entry.cameraId} ${source} ${unusedAspectRatio === undefined}`;
    if (!logged.has(key) && logged.size < maxLogged) {
      logged.add(key);
      const { width, height } = frame;
      const told = {
        camera_id: entry.cameraId,
        source,
        aspectRatio: Number(aspectRatio.toFixed(4)),
        frameSize: `${width}x${height}`,
      };
      if (unusedAspectRatio === undefined) logger.info(told, messages[source]);
      else
        logger.warn(
          { ...told, unusedAspectRatio: Number(unusedAspectRatio.toFixed(4)) },
          'CAMERA_ASPECTS is not used for this camera: its frames are not square; if they are squashed, send width and height',
        );
    }
    return aspectRatio;
  };
}
