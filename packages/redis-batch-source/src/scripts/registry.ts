/*
 * The registry is one hash in Redis in which every worker says twice a second that it lives: which group it reads for, under which
 * name, and how the streams begin that it reads. A field is `["group","name"]`, its value the time until which the name is taken
 * (ms, by the clock of Redis), a space, and JSON about who holds it. The field `_since` says since when there has been a registry.
 */

/** The hash. */
export const registryKey = 'trinetra:workers';

/** For how long a name is taken after its holder last said that it lives, ms. */
export const nameLeaseMs = 2000;

/** For how long a group is expected back after the last of its workers, ms: a rollout takes less. */
export const groupLeaseMs = 60_000;
