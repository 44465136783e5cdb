import { frameOutcomes } from '@trinetra/contracts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Ledger } from './ledger.ts';

it('balances after every step: delivered = sum of outcomes + in flight', () => {
  const step = fc.record({
    camera: fc.integer({ min: 0, max: 3 }),
    outcome: fc.option(fc.constantFrom(...frameOutcomes)),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ledger = new Ledger(frameOutcomes);
      const open = new Map<string, number>();
      for (const { camera, outcome } of steps) {
        const key = `frames:cam_${camera}`;
        const held = open.get(key) ?? 0;
        if (outcome === null) {
          ledger.leased(key);
          open.set(key, held + 1);
        } else if (held > 0) {
          ledger.settled(key, outcome);
          open.set(key, held - 1);
        } else {
          ledger.endedAtOnce(key, 'trimmed', 2);
        }
        const stats = ledger.stats(0);
        let inFlight = 0;
        for (const { delivered, outcomes, inFlight: mine } of stats.cameras.values()) {
          const settled = frameOutcomes.reduce((sum, name) => sum + outcomes[name], 0);
          expect(delivered).toBe(settled + mine);
          inFlight += mine;
        }
        expect(stats.inFlight).toBe(inFlight);
      }
    }),
  );
});
