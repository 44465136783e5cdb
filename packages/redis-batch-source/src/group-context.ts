import type { RedisClient } from './connection/redis-client.ts';
import type { WorkerRegistry } from './housekeeping/worker-registry.ts';
import type { RedisBatchSourceSettings } from './options.ts';
import type { StreamTroubles } from './stream-troubles.ts';

/** What it takes to speak with Redis as a consumer of the group. */
export interface GroupContext {
  readonly client: RedisClient;
  readonly settings: RedisBatchSourceSettings;
  readonly registry: WorkerRegistry;
  readonly troubles: StreamTroubles;
}
