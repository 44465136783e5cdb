/** Two pictures, and whether they show the same person. */
export interface Pair {
  /** Paths. */
  readonly a: string;
  readonly b: string;
  readonly same: boolean;
  /** Fold of LFW's protocol, from 0; null where the file has none. */
  readonly fold: number | null;
}
