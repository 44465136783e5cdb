import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { administer, javaArguments, prepareKafka, randomClusterId } from './kafka.ts';
import { createFolder, freePort, runCommand } from './process.ts';
import { type LocalServer, serve } from './redis.ts';

/** Brokers by number, from 1; the first is also the controller. */
export interface LocalKafkaCluster extends AsyncDisposable {
  readonly brokers: string[];
  broker(id: number): LocalServer;
  /** @param assignment For each partition its brokers, the leader first. */
  createTopic(
    topic: string,
    assignment: readonly (readonly number[])[],
    config?: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** Adds partitions up to a number. */
  addPartitions(topic: string, count: number): Promise<void>;
  /** Messages in each partition, by its number, that all in-sync replicas have. */
  messageCounts(topic: string): Promise<number[]>;
}

/** For each partition a key whose messages go there, by the usual partitioner. */
export function keysOf(partitions: number): string[] {
  const partitionOf = kafkajs.Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    leader: 0,
    partitionErrorCode: 0,
    replicas: [],
    isr: [],
  }));
  const keys = new Map<number, string>();
  for (let i = 0; keys.size < partitions; i += 1) {
    const key = `cam_${i}`;
    const id = partitionOf({ topic: '', partitionMetadata, message: { key, value: null } });
    if (!keys.has(id)) keys.set(id, key);
  }
  return Array.from({ length: partitions }, (_, id) => keys.get(id) ?? '');
}

/** Whether every partition of a topic is known to have a leader. */
async function hasLeaders(admin: kafkajs.Admin, topic: string): Promise<boolean> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0));
  } catch (error) {
    if (error instanceof kafkajs.KafkaJSProtocolError && error.retriable) return false;
    throw error;
  }
}

interface Node {
  readonly id: number;
  readonly port: number;
  readonly folder: string;
  readonly properties: string;
}

const propertiesOf = ({ id, port, folder }: Node, controllerPort: number): string => `
process.roles=${id === 1 ? 'broker,controller' : 'broker'}
node.id=${id}
listeners=PLAINTEXT://127.0.0.1:${port}${id === 1 ? `,CONTROLLER://127.0.0.1:${controllerPort}` : ''}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:${controllerPort}
log.dirs=${join(folder, 'data')}
offsets.topic.num.partitions=1
offsets.topic.replication.factor=3
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
auto.leader.rebalance.enable=false
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
`;

/** Starts Apache Kafka (KRaft) with three brokers on free loopback ports. */
export async function startKafkaCluster(): Promise<LocalKafkaCluster> {
  const libs = await prepareKafka();
  const controllerPort = await freePort();
  const nodes: Node[] = [];
  for (const id of [1, 2, 3]) {
    const folder = await createFolder(join(tmpdir(), `trinetra-kafka-${id}-`));
    nodes.push({ id, port: await freePort(), folder, properties: join(folder, 'server.properties') });
  }
  const cluster = randomClusterId();
  const servers = new Map<number, LocalServer>();
  const close = async (): Promise<void> => {
    await Promise.all([...servers.values()].map((server) => server.close()));
  };
  try {
    await Promise.all(
      nodes.map(async (node) => {
        await writeFile(node.properties, propertiesOf(node, controllerPort));
        const first = node.id === 1 ? ['--standalone'] : [];
        const format = ['format', ...first, '-t', cluster, '-c', node.properties];
        await runCommand('java', javaArguments(libs, 'kafka.tools.StorageTool', ...format));
        const args = javaArguments(libs, 'kafka.Kafka', node.properties);
        servers.set(node.id, await serve(node.port, node.folder, 'java', args));
      }),
    );
  } catch (error) {
    await close();
    throw error;
  }
  const brokers = nodes.map(({ port }) => `127.0.0.1:${port}`);
  return {
    brokers,
    broker: (id) => {
      const server = servers.get(id);
      if (server === undefined) throw new RangeError(`Expected a broker of 1..3 but received ${id}`);
      return server;
    },
    createTopic: (topic, assignment, config = {}) =>
      administer(brokers, async (admin) => {
        const replicaAssignment = assignment.map((replicas, partition) => ({
          partition,
          replicas: [...replicas],
        }));
        const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
        await admin.createTopics({
          waitForLeaders: false, // kafkajs gives up where the broker that it asks has not heard of the topic yet
          topics: [{ topic, numPartitions: -1, replicationFactor: -1, replicaAssignment, configEntries }],
        });
        while (!(await hasLeaders(admin, topic))) await delay(50);
      }),
    addPartitions: (topic, count) =>
      administer(brokers, async (admin) => {
        await admin.createPartitions({ topicPartitions: [{ topic, count }] });
      }),
    messageCounts: async (topic) => {
      const counts: number[] = [];
      await administer(brokers, async (admin) => {
        for (const { partition, high, low } of await admin.fetchTopicOffsets(topic)) {
          counts[partition] = Number(high) - Number(low);
        }
      });
      return counts;
    },
    [Symbol.asyncDispose]: close,
  };
}
