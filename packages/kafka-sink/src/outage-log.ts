import type { KafkaSinkSettings } from './options.ts';
import type { WriteFailure } from './sink.ts';

/** How long the log waits for more partitions to fail, ms: those of a broker fail within a moment of each other. */
const gatherMs = 200;

/** Tells each trouble of a sink once when it begins and once when it is over. */
export class OutageLog {
  readonly #settings: Pick<KafkaSinkSettings, 'topic' | 'logger'>;
  readonly #illness: () => WriteFailure | null;
  #topicIsMissing = false;
  #clockIsRefused = false;
  /** Whether it was told that events are not taken, or will be in a moment. */
  #told: 'no' | 'soon' | 'yes' = 'no';

  /** @param illness Why events are not taken now; of which partitions, where it is not all. */
  constructor(settings: Pick<KafkaSinkSettings, 'topic' | 'logger'>, illness: () => WriteFailure | null) {
    this.#settings = settings;
    this.#illness = illness;
  }

  /** Whether that is news. */
  topic(isMissing: boolean): boolean {
    if (isMissing === this.#topicIsMissing) return false;
    this.#topicIsMissing = isMissing;
    const { topic, logger } = this.#settings;
    if (isMissing) logger.warn({ topic }, 'the Kafka topic does not exist: events fail until it is created');
    else logger.info({ topic }, 'the Kafka topic takes events again');
    return true;
  }

  timestamps(areRefused: boolean): void {
    if (areRefused === this.#clockIsRefused) return;
    this.#clockIsRefused = areRefused;
    const { topic, logger } = this.#settings;
    if (areRefused) {
      logger.warn(
        { topic, clock: new Date().toISOString() },
        'Kafka refuses the timestamps of this machine, whose clock is wrong: events are sent without them',
      );
    } else {
      logger.info({ topic }, 'Kafka takes the timestamps of this machine again');
    }
  }

  partitions(count: number, before: number | undefined): void {
    if (before === undefined || before === count) return;
    const { topic, logger } = this.#settings;
    logger.warn(
      { topic, partitions: count, before },
      'the number of partitions has changed: cameras move to other partitions, and consumers may see a few of their events out of order',
    );
  }

  /** Something fell ill, or is well again: told once for an outage, however many partitions it has. */
  illness(): void {
    const illness = this.#illness();
    if (illness === null) {
      if (this.#told === 'yes') {
        const { topic, logger } = this.#settings;
        logger.info({ topic }, 'Kafka answers again: events are published');
      }
      this.#told = 'no';
    } else if (this.#told === 'no') {
      this.#told = 'soon';
      if (illness.partitions === undefined) this.#tell();
      else setTimeout(() => this.#tell(), gatherMs).unref();
    }
  }

  #tell(): void {
    const illness = this.#illness();
    if (this.#told !== 'soon' || illness === null) return;
    this.#told = 'yes';
    const { reason, message: error, partitions } = illness;
    const { topic, logger } = this.#settings;
    if (partitions === undefined) {
      logger.warn({ topic, reason, error }, 'Kafka takes no events: they fail at once until it answers');
    } else {
      logger.warn(
        { topic, partitions, reason, error },
        'some partitions of Kafka take no events: those of their cameras fail or wait until they do, the others go on',
      );
    }
  }
}
