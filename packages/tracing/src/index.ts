export { TracingError } from './errors.ts';
export {
  createFrameFollower,
  FollowedFrame,
  type FollowOptions,
  type FrameFollower,
  type FrameNotes,
  type FrameStart,
  noteStage,
  type Tracers,
} from './follow-frames.ts';
export { startTracing } from './tracing.ts';
export type { TraceSettings, Tracing, TracingOptions } from './types.ts';
