import type { Size } from '@trinetra/contracts';
import { createCameras } from './cameras.ts';
import { filmOf, haveOneAspect, splitByAspect } from './films.ts';
import { listFilms, readPictureSize } from './pictures.ts';

/**
 * Tells beforehand which aspect each camera has that plays a folder with `--frames` and `--cameras`. Reads only
 * the headers of the pictures.
 *
 * @returns by camera id the upright size of the first picture of its film. All others of the film have its
 * aspect, within 1 %. `mixed` if a camera shows pictures of several aspects.
 * @throws {SimulatorError} `no_pictures` if a folder cannot be read, or holds no picture or one that is damaged.
 * @example
 * const sizes = await readCameraSizes('photos', 8);
 * if (sizes !== 'mixed') console.log(sizes.get('cam_entrance_01')); // { width: 1920, height: 1080 }
 */
export async function readCameraSizes(
  folder: string,
  cameras: number,
): Promise<ReadonlyMap<string, Size> | 'mixed'> {
  const listed = await listFilms(folder);
  const sized: Size[][] = [];
  for (const names of listed.films) {
    const sizes: Size[] = [];
    for (const name of names) sizes.push(await readPictureSize(folder, name));
    sized.push(sizes);
  }
  const films = listed.isFlat ? splitByAspect(sized.flat(), cameras) : sized;
  const byCamera = new Map<string, Size>();
  for (const [index, { id }] of createCameras(cameras).entries()) {
    const { film } = filmOf(films, index);
    const [first] = film;
    if (first === undefined || !haveOneAspect(film)) return 'mixed';
    byCamera.set(id, first);
  }
  return byCamera;
}
