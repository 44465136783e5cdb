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
export { startTracing, type TraceSettings, type Tracing, type TracingOptions } from './tracing.ts';
