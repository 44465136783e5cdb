import { describe, expect, it } from 'vitest';
import { nodeComplaint } from './require-node.ts';

const needing = (node: string) => ({ name: '@trinetra/example', engines: { node } });

describe('nodeComplaint', () => {
  it.each(['22.18.0', '22.18.1', '22.21.0', '23.0.0', '24.11.1', '100.0.0', '22.18.0-rc.1'])(
    'takes Node %s where 22.18 is needed',
    (version) => {
      expect(nodeComplaint(needing('>=22.18'), version)).toBeUndefined();
    },
  );

  it.each(['22.17.1', '22.9.0', '20.19.5', '18.20.8', '9.11.2'])(
    'refuses Node %s where 22.18 is needed',
    (version) => {
      expect(nodeComplaint(needing('>=22.18'), version)).toMatch(
        `@trinetra/example needs Node 22.18 or later, but this is Node ${version}: `,
      );
    },
  );

  it.each(['^22.18', '>=22', '>=22.18.1', '22.x', ''])('throws for engines of another form: %s', (range) => {
    expect(() => nodeComplaint(needing(range), '24.0.0')).toThrow(
      `Expected >=MAJOR.MINOR for engines.node but received ${range}`,
    );
  });
});
