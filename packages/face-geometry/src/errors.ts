import { TrinetraError } from '@trinetra/contracts';

/** Everything that this package throws, but for a `RangeError` of a bad `pixelAspectRatio`. */
export class FaceGeometryError extends TrinetraError<'invalid_options'> {}
