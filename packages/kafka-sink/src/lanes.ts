import { isAnswer } from './kafka-failure.ts';
import type { Address, BrokerLink } from './kafka-wire.ts';
import { nameOf } from './topic-view.ts';

/** Connections to one broker, and how many of them partitions that are ill may take. */
const perBroker = { all: 8, ill: 4 } as const;

interface Turn {
  readonly ill: boolean;
  readonly begin: () => void;
}
interface Road {
  readonly idle: BrokerLink[];
  readonly waiting: Turn[];
  busy: number;
  ill: number;
}

/** Connections for partitions to send on. */
export interface Lanes {
  /**
   * Lends a connection to one broker for one request. @param ill Whether the partition failed last: these may not take all.
   * @throws what opening a connection or `work` throws.
   */
  use<T>(address: Address, ill: boolean, work: (link: BrokerLink) => Promise<T>): Promise<T>;
  close(): void;
}

/**
 * A broker answers the requests of one connection one after the other: behind a partition that waits for its replicas all others on
 * that connection wait, too. So each request has a connection of its own while it is under way.
 */
export function createLanes(open: (address: Address) => Promise<BrokerLink>): Lanes {
  const roads = new Map<string, Road>();
  let closed = false;

  function roadTo(address: Address): Road {
    const name = nameOf(address);
    const known = roads.get(name);
    if (known !== undefined) return known;
    const road: Road = { idle: [], waiting: [], busy: 0, ill: 0 };
    roads.set(name, road);
    return road;
  }

  const hasRoom = (road: Road, ill: boolean): boolean =>
    road.busy < perBroker.all && (!ill || road.ill < perBroker.ill);

  function count(road: Road, ill: boolean, by: 1 | -1): void {
    road.busy += by;
    if (ill) road.ill += by;
  }

  async function take(road: Road, ill: boolean): Promise<void> {
    if (hasRoom(road, ill)) return count(road, ill, 1);
    await new Promise<void>((begin) => road.waiting.push({ ill, begin }));
  }

  function give(road: Road, ill: boolean): void {
    count(road, ill, -1);
    const at = road.waiting.findIndex((turn) => hasRoom(road, turn.ill));
    const [turn] = at < 0 ? [] : road.waiting.splice(at, 1);
    if (turn === undefined) return;
    count(road, turn.ill, 1);
    turn.begin();
  }

  function openIdle(road: Road): BrokerLink | undefined {
    for (let link = road.idle.pop(); link !== undefined; link = road.idle.pop()) {
      if (link.isOpen()) return link;
      link.close();
    }
    return undefined;
  }

  return {
    use: async (address, ill, work) => {
      const road = roadTo(address);
      await take(road, ill);
      let link: BrokerLink | undefined;
      let usable = false;
      try {
        link = openIdle(road) ?? (await open(address));
        const result = await work(link);
        usable = true;
        return result;
      } catch (error) {
        usable = isAnswer(error);
        throw error;
      } finally {
        if (usable && !closed && link !== undefined) road.idle.push(link);
        else link?.close();
        give(road, ill);
      }
    },
    close: () => {
      closed = true;
      for (const { idle } of roads.values()) for (const link of idle.splice(0)) link.close();
    },
  };
}
