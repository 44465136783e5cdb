import { requireOptions } from '@trinetra/contracts';
import kafkajs, { type Kafka, type KafkaConfig } from 'kafkajs';
import { brokerOptions } from './broker-addresses.ts';
import { KafkaSinkError } from './errors.ts';
import { registerLz4 } from './lz4.ts';
import { refusing } from './options.ts';
import { quietIdleQueues } from './quiet-idle-queue.ts';

/**
 * Makes a client of kafkajs, for consumers, with what kafkajs lacks: it reads LZ4, reaches IPv6 addresses, and rests on idle connections.
 *
 * @param config Its brokers are `host:port` or `[IPv6]:port`.
 * @example
 * const consumer = createKafkaClient({ brokers: ['[::1]:9092'] }).consumer({ groupId: 'viewer' });
 */
export function createKafkaClient(config: KafkaConfig & { readonly brokers: readonly string[] }): Kafka {
  const { brokers } = requireOptions(config, refusing);
  if (!Array.isArray(brokers) || brokers.length === 0)
    throw new KafkaSinkError('invalid_options', 'brokers: expected at least one host:port');
  quietIdleQueues();
  registerLz4();
  return new kafkajs.Kafka({ ...config, ...brokerOptions(brokers) });
}
