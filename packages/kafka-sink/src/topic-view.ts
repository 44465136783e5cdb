import { parseHostPort } from '@trinetra/contracts';
import { failureOf, isAnswer } from './kafka-failure.ts';
import type { Address, BrokerLink, BrokerLinks, ProducerId, TopicLayout } from './kafka-wire.ts';
import type { KafkaSinkSettings } from './options.ts';

/** A broker that has not answered within this time, ms, is not waited for alone. */
const staggerMs = 300;

export const nameOf = ({ host, port }: Address): string => `${host}:${port}`;

/** What is known of the topic: which partitions it has, and who leads them. */
export interface TopicView {
  /** Undefined until a broker has answered, and again once the topic is gone. */
  layout(): TopicLayout | undefined;
  /** Asks anew where what is known is older than `metadataMaxAgeMs`; does not wait for the answer. */
  keepFresh(): void;
  /** Asks anew, unless an answer came after `since` (`performance.now()`). @throws errors of kafkajs. */
  refresh(since?: number): Promise<TopicLayout>;
  newProducerId(): Promise<ProducerId>;
  close(): void;
}

/**
 * Asks the brokers that were known last, then those of the configuration, as a cluster that was away may come back under other
 * addresses. One that does not answer is not waited for: the next is asked beside it.
 */
export function createTopicView(
  settings: KafkaSinkSettings,
  links: BrokerLinks,
  onLayout: (layout: TopicLayout) => void,
): TopicView {
  const { connectionTimeoutMs, metadataMaxAgeMs, logger } = settings;
  const bootstrap = settings.brokers.flatMap((text) => parseHostPort(text) ?? []);
  const open = new Map<string, BrokerLink>();
  let layout: TopicLayout | undefined;
  let takenAt = Number.NEGATIVE_INFINITY;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<TopicLayout> | undefined;
  let closed = false;

  /** The one that answered last comes first. */
  function candidates(): Address[] {
    const known = new Map([...(layout?.brokers ?? []), ...bootstrap].map((one) => [nameOf(one), one]));
    const [first] = open.keys();
    const last = first === undefined ? undefined : known.get(first);
    return last === undefined ? [...known.values()] : [...new Set([last, ...known.values()])];
  }

  async function at<T>(address: Address, work: (link: BrokerLink) => Promise<T>): Promise<T> {
    const name = nameOf(address);
    let link = open.get(name);
    if (link?.isOpen() !== true) {
      open.delete(name);
      link = await links.open(address, connectionTimeoutMs);
    }
    let usable = false;
    try {
      const answer = await work(link);
      usable = true;
      return answer;
    } catch (error) {
      usable = isAnswer(error);
      throw error;
    } finally {
      if (open.get(name) === link) open.delete(name);
      if (usable && !closed) keepOnly(name, link);
      else link.close();
    }
  }

  /** One connection is enough. */
  function keepOnly(name: string, link: BrokerLink): void {
    for (const old of open.values()) old.close();
    open.clear();
    open.set(name, link);
  }

  /** The first that answers; of failures what a broker said tells more than that another is away. */
  function firstOf<T>(work: (link: BrokerLink) => Promise<T>): Promise<T> {
    const waiting = candidates();
    return new Promise((resolve, reject) => {
      let running = 0;
      let failure: unknown;
      let timer: NodeJS.Timeout | undefined;
      const next = (): void => {
        clearTimeout(timer);
        const address = waiting.shift();
        if (address === undefined) return;
        running += 1;
        timer = setTimeout(next, staggerMs);
        at(address, work).then(
          (answer) => {
            clearTimeout(timer);
            waiting.length = 0;
            resolve(answer);
          },
          (error: unknown) => {
            running -= 1;
            if (failure === undefined || (isAnswer(error) && !isAnswer(failure))) failure = error;
            if (waiting.length > 0) return next();
            if (running > 0) return;
            clearTimeout(timer);
            reject(failure);
          },
        );
      };
      next();
    });
  }

  async function ask(): Promise<TopicLayout> {
    askedAt = performance.now();
    try {
      const found = await firstOf((link) => link.findTopic());
      layout = found;
      takenAt = performance.now();
      onLayout(found);
      return found;
    } catch (error) {
      if (failureOf(error).reason === 'unknown_topic') layout = undefined;
      throw error;
    }
  }

  function refresh(since = Number.POSITIVE_INFINITY): Promise<TopicLayout> {
    if (layout !== undefined && takenAt > since) return Promise.resolve(layout);
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  return {
    layout: () => layout,
    keepFresh: () => {
      if (performance.now() - Math.max(takenAt, askedAt) < metadataMaxAgeMs) return;
      refresh().catch((error: unknown) =>
        logger.debug({ error: String(error) }, 'the partitions of the Kafka topic cannot be asked for now'),
      );
    },
    refresh,
    newProducerId: () => firstOf((link) => link.newProducerId()),
    close: () => {
      closed = true;
      for (const link of open.values()) link.close();
      open.clear();
    },
  };
}
