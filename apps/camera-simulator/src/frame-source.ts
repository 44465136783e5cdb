import type { Size } from '@trinetra/contracts';
import type { Camera } from './cameras.ts';
import { filmOf } from './films.ts';
import type { Picture } from './pictures.ts';
import { createScene, type SceneMoment, type SceneTruth } from './scene/index.ts';

/** A frame of a camera. */
export interface SourceFrame extends Size {
  /** File name of the picture (with its folder if there are several films), or the moment of the scene. */
  readonly image: string;
  /** `width` and `height` are of the camera's own picture, px. */
  readonly bytes: Buffer;
  /** The scene and its truth; only of scenes. */
  readonly scene?: SceneMoment & { readonly truth: SceneTruth };
}

/** A source of frames: frame number `frame` of camera number `camera`. */
export type FrameSource = (camera: number, frame: number) => SourceFrame | Promise<SourceFrame>;

/**
 * The pictures of a film in turn, again and again.
 *
 * @param films Cameras take them in turn; each further camera of a film begins one picture later.
 */
export function filmSource(films: readonly (readonly Picture[])[]): FrameSource {
  return (camera, frame) => {
    const { film, begin } = filmOf(films, camera);
    const picture = film[(begin + frame) % film.length];
    if (picture === undefined) throw new RangeError('expected at least one picture');
    const { name: image, bytes, width, height } = picture;
    return { image, bytes, width, height };
  };
}

export interface SceneSourceOptions {
  readonly seed: number;
  readonly fps: number;
  /** Of the sent frames, px; default the camera's own 1280x720. */
  readonly width?: number;
  readonly height?: number;
  /** JPEG quality, 1..100. */
  readonly quality: number;
}

/** Size of the pictures of generated scenes, px. */
const cameraPicture = { width: 1280, height: 720 };

/** A generated scene for each camera, whose time advances with its frames; see `createScene`. */
export function sceneSource(cameras: readonly Camera[], options: SceneSourceOptions): FrameSource {
  const { seed, fps, quality } = options;
  const { width: sentWidth, height: sentHeight } = { ...cameraPicture, ...options };
  const scenes = cameras.map(({ type }, camera) =>
    createScene({ seed, camera, cameraType: type, ...cameraPicture, sentWidth, sentHeight }),
  );
  return async (camera, frame) => {
    const [scene, type] = [scenes[camera], cameras[camera]?.type];
    if (scene === undefined || type === undefined)
      throw new RangeError(`camera ${camera}: expected one of ${scenes.length}`);
    const seconds = frame / fps;
    const { canvas, truth } = scene.frame(seconds);
    const image = `scene ${seed}/${camera} at ${seconds.toFixed(3)} s`;
    const moment = { seed, camera, camera_type: type, ...cameraPicture, seconds };
    const bytes = await canvas.encode('jpeg', quality);
    return { image, bytes, ...cameraPicture, scene: { ...moment, truth } };
  };
}
