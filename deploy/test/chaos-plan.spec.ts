import { describe, expect, it } from 'vitest';
import { type Setup, type Step, stepsOf } from './chaos/plan.js';

const first = (count: number, seed: number, setup: Setup): Step[] => {
  const steps: Step[] = [];
  for (const step of stepsOf(seed, setup)) if (steps.push(step) === count) break;
  return steps;
};

describe('what goes wrong in a run of chaos', () => {
  it.each(['embedded', 'distributed'] as const)('what goes wrong is the same for the same seed, %s', (setup) => {
    expect(first(200, 7, setup)).toEqual(first(200, 7, setup));
    expect(first(200, 7, setup)).not.toEqual(first(200, 8, setup));
  });

  it('everything goes wrong sooner or later, in each process, store and leg of the network', () => {
    const seen = new Set(
      first(2_000, 1, 'distributed').map(({ fault }) => {
        switch (fault.kind) {
          case 'kill':
          case 'suspend':
            return `${fault.kind} ${fault.process.service} ${fault.process.replica}`;
          case 'roll':
            return `roll ${fault.service}`;
          case 'store':
            return `${fault.act} ${fault.store}`;
          case 'network':
            return `${fault.act} ${fault.leg}`;
        }
      }),
    );
    // Five services in two replicas, killed and suspended; rolled; three stores in two ways; six legs in three.
    expect(seen.size).toBe(20 + 5 + 6 + 18);
    const embedded = new Set(first(500, 1, 'embedded').map(({ fault }) => fault.kind));
    expect(embedded).toEqual(new Set(['kill', 'suspend', 'roll', 'network']));
  });
});
