/** What a session is made of. */
export type ModelSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** A model whose bytes are `head` and then a part of a file, which the thread reads into place. */
  | {
      readonly kind: 'embedded';
      readonly head: Uint8Array;
      readonly path: string;
      readonly offset: number;
      readonly bytes: number;
    };
