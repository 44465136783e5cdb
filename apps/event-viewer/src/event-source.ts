import { type KafkaSourceOptions, kafkaSource } from './kafka-source.ts';
import { type NdjsonSourceOptions, ndjsonSource } from './ndjson-source.ts';
import type { RawEvent } from './received-event.ts';

/** Source of events. */
export type SourceOptions =
  | ({ readonly kind: 'file' } & Pick<NdjsonSourceOptions, 'path' | 'follow'>)
  | ({ readonly kind: 'kafka' } & Omit<KafkaSourceOptions, 'signal' | 'onReady'>);

/** The events of a source. @throws {ViewerError} `unreadable`; `invalid_options` for a file that is not there. */
export function eventsOf(
  source: SourceOptions,
  how: Pick<NdjsonSourceOptions, 'signal' | 'stdin' | 'name'> & Pick<KafkaSourceOptions, 'onReady'>,
): AsyncIterable<RawEvent> {
  return source.kind === 'file' ? ndjsonSource({ ...source, ...how }) : kafkaSource({ ...source, ...how });
}
