import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
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

/** Downloads Kafka's jars from Maven Central, once a machine; safe for parallel processes. */
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

/** Whether a broker can run here, and if not, what to install. */
export async function canRunKafka(): Promise<{ ok: true } | { ok: false; reason: string }> {
  try {
    await prepareKafka();
    return { ok: true };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** A user that the SASL listener knows, by PLAIN and by SCRAM-SHA-256; by OAUTHBEARER it takes any token that is not signed. */
export interface KafkaUser {
  readonly username: string;
  readonly password: string;
}

export interface LocalKafkaOptions {
  /** Created before `startKafka` resolves. */
  readonly topic?: string;
  readonly partitions?: number;
  /** Opens a second listener for this user only. */
  readonly user?: KafkaUser;
  /** Opens a listener on `::1`. */
  readonly ipv6?: boolean;
}

export interface LocalKafka extends LocalServer {
  readonly brokers: string[];
  /** The listener with SASL; empty without a `user`. */
  readonly saslBrokers: string[];
  /** The listener on `::1`; empty without `ipv6`. */
  readonly ipv6Brokers: string[];
  createTopic(topic: string, partitions?: number): Promise<void>;
  /** Resolves once the cluster has forgotten the topic. */
  deleteTopic(topic: string): Promise<void>;
  /** Sets the largest batch of records of the topic, bytes. */
  setMaxMessageBytes(topic: string, bytes: number): Promise<void>;
  /** Lets everybody read the topic and nobody write, or everybody do anything. */
  setReadOnly(topic: string, readOnly: boolean): Promise<void>;
}

function saslProperties({ username, password }: KafkaUser): string {
  const modules = 'org.apache.kafka.common.security';
  return `sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,OAUTHBEARER
listener.name.sasl.plain.sasl.jaas.config=${modules}.plain.PlainLoginModule required user_${username}="${password}";
listener.name.sasl.scram-sha-256.sasl.jaas.config=${modules}.scram.ScramLoginModule required;
listener.name.sasl.oauthbearer.sasl.jaas.config=${modules}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";
`;
}

/** What Kafka takes for the id of a cluster: 16 bytes, in letters that are no option of a command line. */
export const randomClusterId = (): string => `c${randomBytes(16).toString('base64url').slice(1, 22)}`;

/** What java starts a program of Kafka with: in little memory, and soon. */
export function javaArguments(libs: string, ...program: readonly string[]): string[] {
  const small = ['-Xms128m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  return ['-cp', join(libs, '*'), ...small, ...program];
}

/** Starts Apache Kafka (KRaft, one node) on free loopback ports and creates the topic. */
export async function startKafka(options: LocalKafkaOptions = {}): Promise<LocalKafka> {
  const { user, ipv6 = false } = options;
  const libs = await prepareKafka();
  const [port, controllerPort, saslPort] = [await freePort(), await freePort(), await freePort()];
  const ipv6Port = await freePort();
  const sasl = user === undefined ? '' : `,SASL://127.0.0.1:${saslPort}`;
  const more = `${sasl}${ipv6 ? `,IPV6://[::1]:${ipv6Port}` : ''}`;
  const folder = await createFolder(join(tmpdir(), 'trinetra-kafka-'));
  const properties = join(folder, 'server.properties');
  await writeFile(
    properties,
    `process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}${more}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}${more}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT,IPV6:PLAINTEXT
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
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=true
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=2000
${user === undefined ? '' : saslProperties(user)}`,
  );
  const cluster = randomClusterId();
  const scram =
    user === undefined
      ? []
      : ['--add-scram', `SCRAM-SHA-256=[name=${user.username},password=${user.password}]`];
  const format = ['format', '--standalone', '-t', cluster, '-c', properties, ...scram];
  await runCommand('java', javaArguments(libs, 'kafka.tools.StorageTool', ...format));
  const server = await serve(port, folder, 'java', javaArguments(libs, 'kafka.Kafka', properties));
  const brokers = [`127.0.0.1:${port}`];
  const createTopic = (topic: string, numPartitions = 8): Promise<void> =>
    administer(brokers, async (admin) => {
      await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions }] });
    });
  try {
    if (options.topic !== undefined) await createTopic(options.topic, options.partitions);
  } catch (error) {
    await server.close();
    throw error;
  }
  return Object.assign(server, {
    brokers,
    ipv6Brokers: ipv6 ? [`[::1]:${ipv6Port}`] : [],
    saslBrokers: user === undefined ? [] : [`127.0.0.1:${saslPort}`],
    createTopic,
    deleteTopic: (topic: string) =>
      administer(brokers, async (admin) => {
        await admin.deleteTopics({ topics: [topic] });
        while ((await admin.listTopics()).includes(topic)) await delay(20);
      }),
    setMaxMessageBytes: (topic: string, bytes: number) =>
      administer(brokers, async (admin) => {
        const configEntries = [{ name: 'max.message.bytes', value: String(bytes) }];
        const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries };
        await admin.alterConfigs({ validateOnly: false, resources: [resource] });
      }),
    setReadOnly: (topic: string, readOnly: boolean) =>
      administer(brokers, async (admin) => {
        const reading = {
          resourceType: kafkajs.AclResourceTypes.TOPIC,
          resourceName: topic,
          resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
          principal: 'User:*',
          host: '*',
          operation: kafkajs.AclOperationTypes.READ,
          permissionType: kafkajs.AclPermissionTypes.ALLOW,
        };
        // Once a rule allows an operation, all others are denied.
        if (readOnly) await admin.createAcls({ acl: [reading] });
        else await admin.deleteAcls({ filters: [reading] });
      }),
  });
}

/** Runs a function with an admin client that waits for starting brokers. */
export async function administer(brokers: string[], work: (admin: Admin) => Promise<void>): Promise<void> {
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
    await work(admin);
  } finally {
    await admin.disconnect();
  }
}
