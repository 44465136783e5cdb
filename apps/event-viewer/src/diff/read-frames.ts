import { type RawEvent, readEvent } from '../received-event.ts';
import { createSeenFrames } from '../seen-frames.ts';
import { type Frame, frameOf } from './frame.ts';
import type { SideCounts } from './report.ts';

/** Frames of a side among which one that comes again is noticed: about 100 bytes each. */
const rememberedFrames = 1_000_000;
/** Complaints about what is no event; the others are counted. */
const maxComplaints = 10;

/** The frames of one side, each once. `counts` grows; `complain` hears of what is no event. */
export async function* readFrames(
  events: AsyncIterable<RawEvent>,
  counts: SideCounts,
  complain: (message: string) => void,
): AsyncGenerator<Frame> {
  const seen = createSeenFrames(rememberedFrames);
  for await (const raw of events) {
    const result = readEvent(raw);
    if (!result.ok) {
      counts.invalid += 1;
      if (counts.invalid <= maxComplaints) complain(result.message);
      if (counts.invalid === maxComplaints) complain('further ones are only counted');
      continue;
    }
    const { event } = result.received;
    counts.events += 1;
    if (seen.check(event.camera_id, event.frame_id)) counts.duplicates += 1;
    else yield frameOf(event);
  }
}
