interface Flow {
  readonly key: string;
  weight: number;
  /** Virtual time at which the next entry of this stream is due. */
  due: number;
  /** When it was last served or found empty, as a running number. */
  touched: number;
  /** Found empty at the last visit; only a hint. */
  empty: boolean;
}

/** Which streams to visit, and in which order: `visits` are indices into `keys`. */
export interface VisitPlan {
  readonly keys: readonly string[];
  readonly visits: readonly number[];
}

/** Streams a plan names at most: what one call of the read script may visit. */
export const maxPlannedStreams = 64;
/** Of these, streams that were empty at their last visit. */
const maxProbes = 16;

/**
 * Start-time fair queueing over streams: each entry of a stream is due 1/weight of virtual time after the one
 * before it, and the stream whose entry is due first is served first. With a backlog everywhere the shares are as the
 * weights, and two streams of one weight never differ by more than one entry. A stream that was silent gets no
 * credit for it, and none waits for ever: every weight is positive.
 *
 * @see Goyal, Vin, Cheng: Start-time Fair Queueing, IEEE/ACM Transactions on Networking 5(5), 1997.
 */
export class FairSchedule {
  readonly #flows = new Map<string, Flow>();
  #order: Flow[] = [];
  #now = 0;
  #turn = 0;

  get size(): number {
    return this.#order.length;
  }

  keys(): string[] {
    return [...this.#flows.keys()];
  }

  has(key: string): boolean {
    return this.#flows.has(key);
  }

  add(key: string, weight: number): void {
    if (this.#flows.has(key)) return;
    const flow: Flow = { key, weight, due: this.#now, touched: this.#turn, empty: false };
    this.#turn += 1;
    this.#flows.set(key, flow);
    this.#order.push(flow);
  }

  delete(key: string): void {
    if (this.#flows.delete(key)) this.#order = this.#order.filter((flow) => flow.key !== key);
  }

  setWeight(key: string, weight: number): void {
    const flow = this.#flows.get(key);
    if (flow !== undefined) flow.weight = weight;
  }

  /** An entry of the stream was delivered. */
  served(key: string): void {
    const flow = this.#flows.get(key);
    if (flow === undefined) return;
    const start = Math.max(flow.due, this.#now);
    this.#now = start;
    flow.due = start + 1 / flow.weight;
    flow.touched = this.#turn;
    this.#turn += 1;
    flow.empty = false;
  }

  /** The stream had nothing at its visit. */
  foundEmpty(key: string): void {
    const flow = this.#flows.get(key);
    if (flow === undefined) return;
    flow.empty = true;
    flow.touched = this.#turn;
    this.#turn += 1;
  }

  /** There is something in the stream, as another look at it showed. */
  foundUnread(key: string): void {
    const flow = this.#flows.get(key);
    if (flow !== undefined) flow.empty = false;
  }

  /**
   * Plans the next read of up to `count` entries. The visits begin as if every stream had a backlog, and go on with
   * the remaining streams, for those that turn out to be empty.
   *
   * @param skip Streams already visited in this sweep.
   */
  plan(count: number, skip?: ReadonlySet<string>): VisitPlan {
    const flows = this.#candidates(skip);
    const picks: number[] = [];
    const due = flows.slice(0, count).map((flow) => this.#dueOf(flow));
    for (let pick = 0; pick < count && due.length > 0; pick += 1) {
      const first = due.indexOf(Math.min(...due));
      picks.push(first);
      due[first] = (due[first] ?? 0) + 1 / (flows[first]?.weight ?? 1);
    }
    const planned = new Set(picks);
    for (const index of flows.keys()) if (!planned.has(index)) picks.push(index);
    return { keys: flows.map(({ key }) => key), visits: picks };
  }

  #dueOf(flow: Flow): number {
    return Math.max(flow.due, this.#now);
  }

  #candidates(skip?: ReadonlySet<string>): Flow[] {
    // Nearly sorted from the call before, which makes this linear.
    this.#order.sort((a, b) => this.#dueOf(a) - this.#dueOf(b) || a.touched - b.touched);
    const open = skip === undefined ? this.#order : this.#order.filter(({ key }) => !skip.has(key));
    if (open.length <= maxPlannedStreams) return open.slice();
    const probes = open
      .filter(({ empty }) => empty)
      .sort((a, b) => a.touched - b.touched)
      .slice(0, maxProbes);
    const likely = open.filter(({ empty }) => !empty).slice(0, maxPlannedStreams - probes.length);
    const chosen = new Set([...probes, ...likely]);
    for (const flow of open) if (chosen.size < maxPlannedStreams) chosen.add(flow);
    return open.filter((flow) => chosen.has(flow));
  }
}
