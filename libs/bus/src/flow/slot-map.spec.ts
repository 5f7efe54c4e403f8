import { expect, it } from 'vitest';
import { SlotMap } from './slot-map.js';

const calls = (count: number) => Array.from({ length: count }, (_, id) => ({ id, slot: -1 }));

it('SlotMap holds what was added until it leaves, each once', () => {
  const inFlight = new SlotMap<{ id: number; slot: number }>();
  const [a, b, c] = calls(3) as [
    { id: number; slot: number },
    { id: number; slot: number },
    { id: number; slot: number },
  ];

  for (const call of [a, b, a]) inFlight.add(call);
  expect([...inFlight]).toEqual([a, b]);
  inFlight.delete(a);
  inFlight.delete(a);
  expect(inFlight.size).toBe(1);
  expect(inFlight.nextSlot).toBe(0);
  inFlight.add(c);
  expect(inFlight.at(0)).toBe(c);
  expect([...inFlight]).toEqual([c, b]);
});

it('SlotMap can be gone through while some leave', () => {
  const inFlight = new SlotMap<{ id: number; slot: number }>();
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
