import { describe, expect, it } from 'vitest';
import { IsolationTurns, isolatedPerTurn, turnMs } from './isolation-turns.ts';

function turnsAt(): { turns: IsolationTurns; pass: (ms: number) => void } {
  let now = 1_000_000;
  const turns = new IsolationTurns({ now: () => now });
  return {
    turns,
    pass: (ms) => {
      now += ms;
    },
  };
}

describe('IsolationTurns', () => {
  it('begins with isolated entries', () => {
    expect(turnsAt().turns.mayIsolate()).toBe(true);
  });

  it('gives normal reading as long as a full turn of isolated entries took', () => {
    const { turns, pass } = turnsAt();
    for (let entry = 0; entry < isolatedPerTurn; entry += 1) {
      expect(turns.mayIsolate()).toBe(true);
      turns.isolated();
      pass(10);
    }
    expect(turns.mayIsolate()).toBe(false);
    turns.hasRead(true);
    pass(10 * isolatedPerTurn - 1);
    expect(turns.mayIsolate()).toBe(false);
    pass(1);
    expect(turns.mayIsolate()).toBe(true);
  });

  it('ends a turn after its time, whatever the number of entries, and a long one earns a second at most', () => {
    const { turns, pass } = turnsAt();
    turns.isolated();
    pass(60_000);
    expect(turns.mayIsolate()).toBe(false);
    turns.hasRead(true);
    pass(turnMs);
    expect(turns.mayIsolate()).toBe(true);
  });

  it('owes normal reading one read at least, however late it comes', () => {
    const { turns, pass } = turnsAt();
    turns.isolated();
    pass(turnMs);
    expect(turns.mayIsolate()).toBe(false);
    pass(10 * turnMs);
    expect(turns.mayIsolate()).toBe(false);
    turns.hasRead(true);
    expect(turns.mayIsolate()).toBe(true);
  });

  it('goes on with isolated entries at once where there is nothing else to read', () => {
    const { turns, pass } = turnsAt();
    turns.isolated();
    pass(turnMs);
    expect(turns.mayIsolate()).toBe(false);
    turns.hasRead(false);
    expect(turns.mayIsolate()).toBe(true);
  });

  it('starts anew after nothing was left', () => {
    const { turns, pass } = turnsAt();
    turns.isolated();
    turns.nothingLeft();
    pass(60_000);
    expect(turns.mayIsolate()).toBe(true);
  });
});
