import { expect, it } from 'vitest';
import { InFlight } from './in-flight.js';

const calls = (count: number) => Array.from({ length: count }, (_, id) => ({ id, seat: -1 }));

it('holds what was added until it leaves, each once', () => {
  const inFlight = new InFlight<{ id: number; seat: number }>();
  const [a, b, c] = calls(3) as [
    { id: number; seat: number },
    { id: number; seat: number },
    { id: number; seat: number },
  ];

  for (const call of [a, b, a]) inFlight.add(call);
  expect([...inFlight]).toEqual([a, b]);
  inFlight.delete(a);
  inFlight.delete(a);
  expect(inFlight.size).toBe(1);
  expect(inFlight.nextSeat).toBe(0);
  inFlight.add(c);
  expect(inFlight.at(0)).toBe(c);
  expect([...inFlight]).toEqual([c, b]);
});

it('can be gone through while some leave', () => {
  const inFlight = new InFlight<{ id: number; seat: number }>();
  const all = calls(4);
  for (const call of all) inFlight.add(call);

  const met: number[] = [];
  for (const call of inFlight) {
    met.push(call.id);
    for (const other of all) if (other.id > 0) inFlight.delete(other);
  }

  expect(met).toEqual([0]);
  expect(inFlight.size).toBe(1);
});
