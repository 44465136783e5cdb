import type { FaceAbsence, FaceLandmarks, Xyxy } from '@trinetra/contracts';

/** A person's face, or why there is none. Coordinates are pixels of the image as given. */
export type FaceResult =
  | {
      readonly found: true;
      /** May reach past the image. */
      readonly bbox: Xyxy;
      readonly landmarks: FaceLandmarks;
      /** 0..1; 0 for a head-crop. */
      readonly score: number;
      /** `[112, 112, 3]` RGB. */
      readonly aligned: Uint8Array;
    }
  | { readonly found: false; readonly reason: FaceAbsence };
