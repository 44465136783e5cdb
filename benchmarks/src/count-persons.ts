import { type ArrivedEvent, readTopic } from './read-topic.ts';
import type { TestStack } from './test-stack.ts';

/** Average counts of the events a frame. */
export interface Crowd {
  readonly persons: number;
  readonly faces: number;
}

export function crowdOf(events: readonly ArrivedEvent[]): Crowd {
  const perFrame = (counts: readonly number[]): number =>
    counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return {
    persons: perFrame(events.map(({ persons }) => persons)),
    faces: perFrame(events.map(({ faces }) => faces)),
  };
}

/** Reads a topic and counts persons and embedded faces. */
export async function countPersons(testStack: TestStack, topic: string, events: number): Promise<Crowd> {
  return crowdOf(await readTopic(testStack.brokers, topic, events));
}
