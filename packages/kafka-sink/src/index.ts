export { KafkaSinkError, type KafkaSinkErrorCode } from './errors.ts';
export { createKafkaClient } from './kafka-client.ts';
export { createKafkaSink } from './kafka-sink.ts';
export type { EncodedValue, MessageFormat } from './message-format.ts';
export { createNdjsonSink, type NdjsonSinkOptions } from './ndjson-sink.ts';
export type { OAuthToken } from './oauth-bearer.ts';
export {
  defaultKafkaSinkOptions,
  type KafkaMessageSinkOptions,
  type KafkaSinkOptions,
  type KafkaSinkSettings,
  type KafkaTlsOptions,
} from './options.ts';
export { createPublisher } from './publishing/publisher.ts';
export type {
  Delivery,
  FailurePolicy,
  GiveUpReason,
  Publisher,
  PublisherOptions,
  PublishResult,
} from './publishing/publisher-types.ts';
export type {
  DetectionSink,
  MessageSink,
  WriteFailure,
  WriteFailureReason,
  WriteResult,
} from './sink.ts';
export { createStdoutSink, type StdoutSinkOptions } from './stdout-sink.ts';
