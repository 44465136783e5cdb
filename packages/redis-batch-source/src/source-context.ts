import type { WarnOnce } from '@trinetra/contracts';
import type { AnswerWatch } from './connection/answer-watch.ts';
import type { RedisClient } from './connection/redis-client.ts';
import type { UnreadGroups } from './housekeeping/unread-groups.ts';
import type { WorkerRegistry } from './housekeeping/worker-registry.ts';
import type { Ledger } from './ledger.ts';
import type { RedisBatchSourceSettings } from './options.ts';
import type { FairSchedule } from './reading/fair-schedule.ts';
import type { StreamTroubles } from './stream-troubles.ts';
import type { EntryRef } from './types.ts';

/** What the parts of a source share. */
export interface SourceContext {
  readonly client: RedisClient;
  readonly settings: RedisBatchSourceSettings;
  readonly schedule: FairSchedule;
  readonly ledger: Ledger;
  readonly troubles: StreamTroubles;
  readonly registry: WorkerRegistry;
  readonly unreadGroups: UnreadGroups;
  /** Deletes an entry that was acked when it was too early for it. */
  readonly deleteLater: (entry: EntryRef) => void;
  readonly answers: AnswerWatch;
  /** Warns once of what is wrong with a stream. */
  readonly warnOnce: WarnOnce;
}
