import type { WarnOnce } from '@trinetra/contracts';
import type { GroupContext } from './group-context.ts';
import type { UnreadGroups } from './housekeeping/unread-groups.ts';
import type { Ledger } from './ledger.ts';
import type { FairSchedule } from './reading/fair-schedule.ts';
import type { AckQueue } from './settling/ack-queue.ts';
import type { HeldLeases } from './settling/held-leases.ts';
import type { OwnOutcome } from './types.ts';

/** What the parts of a source share. */
export interface SourceContext extends GroupContext {
  readonly schedule: FairSchedule;
  readonly ledger: Ledger<OwnOutcome>;
  readonly acks: AckQueue;
  readonly held: HeldLeases;
  readonly unreadGroups: UnreadGroups;
  /** Warns once of what is wrong with a stream. */
  readonly warnOnce: WarnOnce;
}
