import { type RawEvent, readEvents } from '../received-event.ts';
import { createSeenFrames } from '../seen-frames.ts';
import { type Frame, frameOf } from './frame.ts';
import type { SideCounts } from './report.ts';

/** Frames of a side to remember for duplicates: about 100 bytes each. */
const rememberedFrames = 1_000_000;

/** The frames of one side, each once. It updates `counts`, and passes what is no event to `complain`. */
export async function* readFrames(
  events: AsyncIterable<RawEvent>,
  counts: SideCounts,
  complain: (message: string) => void,
): AsyncGenerator<Frame> {
  const seen = createSeenFrames(rememberedFrames);
  for await (const { event } of readEvents(events, counts, complain)) {
    counts.events += 1;
    if (seen.check(event.camera_id, event.frame_id)) counts.duplicates += 1;
    else yield frameOf(event);
  }
}
