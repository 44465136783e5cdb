export {
  canRunKafka,
  type KafkaUser,
  type LocalKafka,
  type LocalKafkaOptions,
  prepareKafka,
  startKafka,
} from './kafka.ts';
export { freePort } from './process.ts';
export { type LocalRedis, type LocalServer, startRedis } from './redis.ts';
export { ensureTools } from './tools.ts';
