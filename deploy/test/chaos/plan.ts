import { createHash } from 'node:crypto';
import { SERVICES, type Service } from '#libs/testing';

/** How the gateway of a run is set up. */
export type Setup = 'embedded' | 'distributed';

/** Something that goes wrong, and for how long; times in milliseconds. */
export type Fault =
  /** `kill -9`, and a new start after so long. */
  | { readonly kind: 'kill'; readonly process: Place; readonly forMs: number }
  /** SIGSTOP, and SIGCONT after so long. */
  | { readonly kind: 'suspend'; readonly process: Place; readonly forMs: number }
  /** Each replica in turn is told to stop, waited for, and started again. */
  | { readonly kind: 'roll'; readonly service: Service | 'switchyard' }
  | {
      readonly kind: 'store';
      readonly store: 'redis' | 'postgres' | 'nats';
      readonly act: 'kill' | 'suspend';
      readonly forMs: number;
    }
  /** Of one leg of the network: all its connections end; it goes silent; every piece is that late. */
  | { readonly kind: 'network'; readonly leg: Leg; readonly act: 'reset' | 'stall' | 'slow'; readonly forMs: number };

export interface Place {
  readonly service: Service | 'switchyard';
  readonly replica: number;
}

/** Between tool-invocation and its upstream, or between a service and the broker. */
export type Leg = 'upstream' | Service;

/** One step of a run: what goes wrong, and how long nothing does after that. */
export interface Step {
  readonly fault: Fault;
  readonly restMs: number;
}

export const REPLICAS = 2;

/** Numbers from 0 to 1, the same for the same seed. */
const randomOf = (seed: number): (() => number) => {
  let drawn = 0;
  return () => createHash('sha256').update(`${seed} ${drawn++}`).digest().readUInt32LE(0) / 2 ** 32;
};

/**
 * What goes wrong, one thing after the other; the same for the same seed and setup. There is always a next one: the run stops
 * asking when its minutes are over. Every kind comes about as often as any
 * other, whatever it has to choose from.
 */
export function* stepsOf(seed: number, setup: Setup): Generator<Step> {
  const random = randomOf(seed);
  const between = (least: number, most: number): number => Math.round(least + random() * (most - least));
  const one = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)] as Value;
  const services: readonly (Service | 'switchyard')[] = setup === 'embedded' ? ['switchyard'] : SERVICES;
  const place = (): Place => ({
    service: one(services),
    replica: setup === 'embedded' ? 0 : between(0, REPLICAS - 1),
  });
  const kinds: readonly (() => Fault)[] = [
    () => ({ kind: 'kill', process: place(), forMs: between(0, 1_500) }),
    () => ({ kind: 'suspend', process: place(), forMs: between(200, 4_000) }),
    () => ({ kind: 'roll', service: one(services) }),
    () => ({
      kind: 'network',
      leg: setup === 'embedded' ? 'upstream' : one<Leg>(['upstream', ...SERVICES]),
      act: one(['reset', 'stall', 'slow'] as const),
      forMs: between(200, 3_000),
    }),
    ...(setup === 'embedded'
      ? []
      : [
          (): Fault => ({
            kind: 'store',
            store: one(['redis', 'postgres', 'nats'] as const),
            act: one(['kill', 'suspend'] as const),
            forMs: between(200, 3_000),
          }),
        ]),
  ];
  for (;;) yield { fault: one(kinds)(), restMs: between(300, 2_000) };
}
