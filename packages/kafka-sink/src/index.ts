export { brokerOptions } from './broker-addresses.ts';
export { KafkaSinkError, type KafkaSinkErrorCode } from './errors.ts';
export { createKafkaSink } from './kafka-sink.ts';
export { registerLz4 } from './lz4.ts';
export { createNdjsonSink, type NdjsonSinkOptions } from './ndjson-sink.ts';
export { defaultKafkaSinkOptions, type KafkaSinkOptions, type KafkaTlsOptions } from './options.ts';
export {
  type BufferedResult,
  type BufferFailureReason,
  createOutageBuffer,
  type Delivery,
  type OutageBuffer,
  type OutageBufferOptions,
} from './outage-buffer.ts';
export { quietIdleQueues } from './quiet-idle-queue.ts';
export {
  type DetectionSink,
  type WriteFailure,
  type WriteFailureReason,
  type WriteResult,
  writeFailureReasons,
} from './sink.ts';
export { createStdoutSink, type StdoutSinkOptions } from './stdout-sink.ts';
