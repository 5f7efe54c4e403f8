import { expect, it } from 'vitest';
import { OrderedOutlet } from './ordered-outlet.js';

const slowReader = () => {
  const written: string[] = [];
  let makeRoom: () => void = () => {};
  const outlet = new OrderedOutlet((message) => {
    written.push(message);
    return message.startsWith('big') ? new Promise<void>((resolve) => (makeRoom = resolve)) : undefined;
  });
  const room = async (): Promise<void> => {
    makeRoom();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { outlet, written, room };
};

it('an outlet writes at once when there is room', () => {
  const { outlet, written } = slowReader();
  expect(outlet.send('a')).toBeUndefined();
  expect(outlet.send('b')).toBeUndefined();
  expect(written).toEqual(['a', 'b']);
});

it('an outlet queues messages in order, and says how much, when there is no room', async () => {
  const { outlet, written, room } = slowReader();
  const first = outlet.send('big 1');
  void outlet.send('big 2');
  const last = outlet.send('c');
  expect([written, outlet.backlogChars]).toEqual([['big 1'], 6]);

  await room();
  expect([written, outlet.backlogChars]).toEqual([['big 1', 'big 2'], 1]);
  await room();
  expect([written, outlet.backlogChars]).toEqual([['big 1', 'big 2', 'c'], 0]);
  await Promise.all([first, last]);
  expect(outlet.send('d')).toBeUndefined();
});
