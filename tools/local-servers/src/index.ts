export { createCertificates, type LocalCertificates } from './certificates.ts';
export {
  canRunKafka,
  type KafkaUser,
  type LocalKafka,
  type LocalKafkaOptions,
  prepareKafka,
  startKafka,
} from './kafka.ts';
export { keysOf, type LocalKafkaCluster, startKafkaCluster } from './kafka-cluster.ts';
export { freePort } from './process.ts';
export {
  type LocalRedis,
  type LocalRedisOptions,
  type LocalSentinelOptions,
  type LocalServer,
  startRedis,
  startSentinel,
} from './redis.ts';
export { canServeRtsp, type LocalRtspCamera, startRtspCamera } from './rtsp-camera.ts';
export { type SlowLink, type SlowLinkOptions, startSlowLink } from './slow-link.ts';
export { ensureTools } from './tools.ts';
