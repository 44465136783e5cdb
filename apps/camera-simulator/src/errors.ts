import { TrinetraError } from '@trinetra/contracts';

/** Reasons why the simulator does not start, or ends with an error. */
export type SimulatorErrorCode =
  | 'invalid_options'
  | 'no_pictures'
  | 'bad_recording'
  | 'no_ffmpeg'
  | 'bad_source'
  | 'source_failed'
  | 'redis_unreachable'
  | 'write_failed';

/** Its message is for people and holds no password. */
export class SimulatorError extends TrinetraError<SimulatorErrorCode> {}
