import { expect, it } from 'vitest';
import { Echoes } from './echoes.js';

const message = (text: string, reply?: string) => ({
  subject: 'a.b',
  data: Buffer.from(text),
  ...(reply !== undefined && { reply }),
});

it('a message counts as an echo when the other connection has delivered it', () => {
  const echoes = new Echoes();

  expect(echoes.isEcho(true, message('x'))).toBe(false);
  expect(echoes.isEcho(false, message('x'))).toBe(true);
  expect(echoes.isEcho(false, message('y'))).toBe(false);
  expect(echoes.isEcho(true, message('y'))).toBe(true);
});

it('messages that are alike all arrive when they were sent more than once', () => {
  const echoes = new Echoes();
  const arrived = [true, true, false, false, false, true].filter((first) => !echoes.isEcho(first, message('x')));

  expect(arrived).toHaveLength(3);
});

it('messages are told apart when reply subject, length or text differ', () => {
  const echoes = new Echoes();
  const long = 'z'.repeat(2_000);

  for (const sent of [message('x'), message('x', 'r'), message(long), message(`${long}z`)])
    expect(echoes.isEcho(true, sent)).toBe(false);
  expect(echoes.isEcho(false, message('x', 'r'))).toBe(true);
  expect(echoes.isEcho(false, message('x', 'q'))).toBe(false);
});
