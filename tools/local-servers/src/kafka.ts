import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { createFolder, freePort, removeFolder, runCommand } from './process.ts';
import { type LocalServer, serve } from './redis.ts';
import { ensureTools } from './tools.ts';

const version = '4.1.0';

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>com.trinetra</groupId><artifactId>local-kafka</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version>
  </dependency></dependencies>
</project>
`;

/** Gets Kafka's jars from Maven Central, once a machine; several processes may ask at once. */
export async function prepareKafka(): Promise<string> {
  const cache = process.env['TRINETRA_CACHE'] ?? join(homedir(), '.cache', 'trinetra');
  const libs = join(cache, `kafka-${version}`);
  ensureTools('java');
  if (existsSync(libs)) return libs;
  ensureTools('mvn');
  await mkdir(cache, { recursive: true });
  const work = await createFolder(join(cache, 'download-'));
  try {
    await writeFile(join(work, 'pom.xml'), pom);
    const args = [
      '-q',
      '-B',
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      '-DoutputDirectory=libs',
    ];
    await runCommand('mvn', args, work);
    await rename(join(work, 'libs'), libs).catch((error: unknown) => {
      if (!existsSync(libs)) throw error; // another process was first
    });
  } finally {
    await removeFolder(work);
  }
  return libs;
}

/** Whether a broker can be had here, and if not, what to install. */
export async function canRunKafka(): Promise<{ ok: true } | { ok: false; reason: string }> {
  try {
    await prepareKafka();
    return { ok: true };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

export interface LocalKafka extends LocalServer {
  readonly brokers: string[];
}

/** Starts Apache Kafka (KRaft, one node) on free loopback ports and creates the topic. */
export async function startKafka(
  options: { readonly topic?: string; readonly partitions?: number } = {},
): Promise<LocalKafka> {
  const libs = await prepareKafka();
  const [port, controllerPort] = [await freePort(), await freePort()];
  const folder = await createFolder(join(tmpdir(), 'trinetra-kafka-'));
  const properties = join(folder, 'server.properties');
  await writeFile(
    properties,
    `process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:${controllerPort}
log.dirs=${join(folder, 'data')}
num.partitions=8
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=2000
`,
  );
  const classpath = join(libs, '*');
  const storage = ['-cp', classpath, 'kafka.tools.StorageTool'];
  const cluster = (await runCommand('java', [...storage, 'random-uuid'])).trim();
  await runCommand('java', [...storage, 'format', '--standalone', '-t', cluster, '-c', properties]);
  const memory = ['-Xms128m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  const server = await serve(port, folder, 'java', ['-cp', classpath, ...memory, 'kafka.Kafka', properties]);
  const brokers = [`127.0.0.1:${port}`];
  try {
    if (options.topic !== undefined) await createTopic(brokers, options.topic, options.partitions ?? 8);
  } catch (error) {
    await server.close();
    throw error;
  }
  return Object.assign(server, { brokers });
}

async function createTopic(brokers: string[], topic: string, numPartitions: number): Promise<void> {
  const { Kafka, logLevel } = kafkajs;
  const kafka = new Kafka({
    clientId: 'local-servers',
    brokers,
    logLevel: logLevel.NOTHING,
    retry: { retries: 20, initialRetryTime: 100, maxRetryTime: 500 },
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions }] });
  } finally {
    await admin.disconnect();
  }
}
