import { TrinetraError } from './errors.ts';

/** Thrown where an event, a frame entry or an embedding is none, or options are. */
export class ContractsError extends TrinetraError<
  'invalid_event' | 'invalid_frame_entry' | 'invalid_embedding' | 'invalid_options'
> {}
