import { TrinetraError } from '@trinetra/contracts';

/** What the caller gave cannot be used; the message says what to do. */
export class InputError extends Error {}

/** 2 where what was given cannot be used: wrong input, or a model of another kind. Else 1. */
export function exitCodeOf(error: unknown): 1 | 2 {
  const wrongModel = TrinetraError.isInstance(error) && error.code === 'model_mismatch';
  return error instanceof InputError || wrongModel ? 2 : 1;
}
