import type { Size } from '@trinetra/contracts';

/** Ratios within this share are one aspect: neither people nor models see the difference. */
const tolerance = 0.01;

function haveSameAspect(a: Size, b: Size): boolean {
  return Math.abs((b.width * a.height) / (b.height * a.width) - 1) <= tolerance;
}

/** Whether all pictures have the aspect of the first one, within 1 %. */
export function haveOneAspect(pictures: readonly Size[]): boolean {
  const [first] = pictures;
  return first === undefined || pictures.every((picture) => haveSameAspect(first, picture));
}

/**
 * Makes a film of the pictures of each aspect, because a camera has one aspect. Films are in the order of their
 * first pictures.
 *
 * @param cameras Number of cameras. If there are fewer cameras than aspects, all pictures are one film.
 */
export function splitByAspect<P extends Size>(pictures: readonly P[], cameras: number): P[][] {
  const films: P[][] = [];
  for (const picture of pictures) {
    const film = films.find(([first]) => first !== undefined && haveSameAspect(first, picture));
    if (film === undefined) films.push([picture]);
    else film.push(picture);
  }
  return films.length <= cameras ? films : [[...pictures]];
}

/** The film of a camera and its first picture. Cameras take the films in turn. */
export function filmOf<P>(
  films: readonly (readonly P[])[],
  camera: number,
): { readonly film: readonly P[]; readonly begin: number } {
  return { film: films[camera % films.length] ?? [], begin: Math.floor(camera / films.length) };
}
