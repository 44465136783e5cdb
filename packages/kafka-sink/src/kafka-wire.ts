import { createRequire } from 'node:module';
import type { Logger } from '@trinetra/contracts';
import kafkajs, { type LogEntry, type Message, type PartitionMetadata } from 'kafkajs';
import { socketFactory } from './broker-addresses.ts';
import { oauthBearer } from './oauth-bearer.ts';
import type { KafkaSinkSettings } from './options.ts';

const { CompressionTypes, logLevel } = kafkajs;
const compressionTypes = {
  lz4: CompressionTypes.LZ4,
  gzip: CompressionTypes.GZIP,
  none: CompressionTypes.None,
} as const;
/** Numbers of Kafka's requests. */
const apiKeys = { produce: 0, metadata: 3 } as const;

/** Where a broker listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The partitions of the topic, by number, each with its leader; null while it has none. */
export interface TopicLayout {
  readonly leaders: readonly (Address | null)[];
  readonly brokers: readonly Address[];
  /** The same for a partitioner of kafkajs. */
  readonly partitionMetadata: PartitionMetadata[];
}

/** What makes a batch that is sent twice be written once. */
export interface ProducerId {
  readonly producerId: string;
  readonly producerEpoch: number;
}

/** Messages of one partition; with `producer` a broker knows a second sending by `firstSequence` and the number of messages. */
interface ProduceBatch {
  readonly partition: number;
  readonly messages: readonly Message[];
  readonly producer: ProducerId | null;
  readonly firstSequence: number;
}

/** One connection to one broker, which answers one request at a time. All methods throw errors of kafkajs; see `failureOf`. */
export interface BrokerLink {
  isOpen(): boolean;
  findTopic(): Promise<TopicLayout>;
  produce(batch: ProduceBatch): Promise<void>;
  newProducerId(): Promise<ProducerId>;
  /** In the background: with a request under way it takes up to its time-out. */
  close(): void;
}

interface Protocol {
  readonly response: { readonly parse: (data: unknown) => Promise<unknown> };
}
/** What is used of the class `Broker` of kafkajs. */
interface WireBroker {
  lookupRequest: (apiKey: number, definition: unknown) => (request: unknown) => Protocol;
  isConnected(): boolean;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  metadata(topics: readonly string[]): Promise<{
    readonly brokers: readonly (Address & { readonly nodeId: number })[];
    readonly topicMetadata: readonly {
      readonly topicErrorCode: number;
      readonly partitionMetadata: readonly PartitionMetadata[];
    }[];
  }>;
  produce(
    request: object,
  ): Promise<
    | { readonly topics: readonly { readonly partitions: readonly { readonly errorCode: number }[] }[] }
    | undefined
  >;
  initProducerId(request: { readonly transactionTimeout: number }): Promise<ProducerId>;
}

/*
 * The producer of kafkajs puts all partitions into one request, takes the first error in an answer for the failure of all of them, and
 * can name no leader while any partition of the topic has none. Its class for a connection to a broker has none of these faults.
 */
const require = createRequire(import.meta.url);
const Broker = require('kafkajs/src/broker') as new (options: object) => WireBroker;
const ConnectionPool = require('kafkajs/src/network/connectionPool') as new (options: object) => object;
const { createLogger } = require('kafkajs/src/loggers') as { createLogger: (options: object) => object };
const { createErrorFromCode } = require('kafkajs/src/protocol/error') as {
  createErrorFromCode: (code: number) => Error;
};

function throwIfError(code: number): void {
  if (code !== 0) throw createErrorFromCode(code);
}

/** The error of a partition that has no leader now. */
export const leaderless = (): Error => createErrorFromCode(5);

/**
 * Hands the lines of kafkajs on, at debug because it writes several for each try. Only the named fields: others may
 * hold answers of the broker.
 */
function forwardTo(logger: Logger): () => (entry: LogEntry) => void {
  return () =>
    ({ namespace, label, log }) => {
      const { message, broker, retryCount } = log;
      logger.debug({ component: 'kafkajs', namespace, level: label, broker, retryCount }, String(message));
    };
}

/** Leaves the errors in an answer to us: kafkajs throws the first of them and forgets the rest. */
function keepAnswersWhole(broker: WireBroker): void {
  const lookUp = broker.lookupRequest;
  broker.lookupRequest = (apiKey, definition) => {
    const protocolOf = lookUp(apiKey, definition);
    if (apiKey !== apiKeys.produce && apiKey !== apiKeys.metadata) return protocolOf;
    return (request) => {
      const protocol = protocolOf(request);
      return { ...protocol, response: { ...protocol.response, parse: async (data) => data } };
    };
  };
}

/** Opens connections to brokers. */
export interface BrokerLinks {
  /** Connects and authenticates. @param requestTimeoutMs Longest wait for an answer. */
  open(address: Address, requestTimeoutMs: number): Promise<BrokerLink>;
  /** Resolves once every connection that was closed has ended. */
  ended(): Promise<void>;
}

export function createBrokerLinks(settings: KafkaSinkSettings): BrokerLinks {
  const { topic, acks, ssl, sasl, logger, requestTimeoutMs: produceTimeoutMs } = settings;
  const common = {
    clientId: settings.clientId,
    connectionTimeout: settings.connectionTimeoutMs,
    enforceRequestTimeout: true,
    reauthenticationThreshold: 10_000,
    maxInFlightRequests: null,
    socketFactory,
    logger: createLogger({ level: logLevel.WARN, logCreator: forwardTo(logger) }),
    ...(ssl !== false && { ssl: ssl === true ? {} : { ...ssl } }),
    ...(sasl && {
      sasl: sasl.mechanism === 'oauthbearer' ? oauthBearer(sasl.oauthBearerProvider) : { ...sasl },
    }),
  };
  const leaving = new Set<Promise<unknown>>();

  function leave(broker: WireBroker): void {
    const left: Promise<unknown> = broker
      .disconnect()
      .catch((error: unknown) =>
        logger.debug({ error: String(error) }, 'a connection to Kafka did not end cleanly'),
      )
      .finally(() => leaving.delete(left));
    leaving.add(left);
  }

  async function open(address: Address, requestTimeoutMs: number): Promise<BrokerLink> {
    const { host, port } = address;
    const broker = new Broker({
      connectionPool: new ConnectionPool({ ...common, host, port, requestTimeout: requestTimeoutMs }),
      logger: common.logger,
      allowAutoTopicCreation: false,
      authenticationTimeout: requestTimeoutMs,
    });
    try {
      await broker.connect();
    } catch (error) {
      leave(broker);
      throw error;
    }
    keepAnswersWhole(broker);
    return {
      isOpen: () => broker.isConnected(),
      findTopic: async () => {
        const { brokers, topicMetadata } = await broker.metadata([topic]);
        const [found] = topicMetadata;
        throwIfError(found?.topicErrorCode ?? 3);
        const addresses = new Map(brokers.map(({ nodeId, ...one }) => [nodeId, one]));
        const partitionMetadata = (found?.partitionMetadata ?? []).toSorted(
          (a, b) => a.partitionId - b.partitionId,
        );
        if (partitionMetadata.length === 0) throw createErrorFromCode(3);
        const leaders = partitionMetadata.map(({ leader }) => addresses.get(leader) ?? null);
        return { leaders, partitionMetadata, brokers: [...addresses.values()] };
      },
      produce: async ({ partition, messages, producer, firstSequence }) => {
        const answer = await broker.produce({
          acks,
          timeout: produceTimeoutMs,
          compression: compressionTypes[settings.compression],
          producerId: producer?.producerId ?? '-1',
          producerEpoch: producer?.producerEpoch ?? 0,
          topicData: [{ topic, partitions: [{ partition, firstSequence, messages }] }],
        });
        if (acks !== 0) throwIfError(answer?.topics[0]?.partitions[0]?.errorCode ?? -1);
      },
      newProducerId: async () => {
        const { producerId, producerEpoch } = await broker.initProducerId({ transactionTimeout: 60_000 });
        return { producerId, producerEpoch };
      },
      close: () => leave(broker),
    };
  }

  return {
    open,
    ended: async () => {
      await Promise.all(leaving);
    },
  };
}
