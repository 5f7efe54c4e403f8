import { expect, it } from 'vitest';
import { EventReader } from './event-reader.ts';

const read = (...pieces: string[]): [string, string][] => {
  const events: [string, string][] = [];
  const reader = new EventReader((event, data) => events.push([event, data]));
  for (const piece of pieces) reader.push(piece);
  return events;
};

it('a reader of events has each whole when they come in pieces', () => {
  const text = ': a comment\n\nevent: call\ndata: {"id":"a"}\n\ndata: one\ndata: two\n\nevent: missed\n\n';
  const whole = [
    ['call', '{"id":"a"}'],
    ['message', 'one\ntwo'],
  ];
  expect(read(text)).toEqual(whole);
  expect(read(...text.split(''))).toEqual(whole);
});

it('a reader of events takes lines that end with CR LF when an edge has written them so', () => {
  expect(read('event:call\r\ndata:x\r\n\r', '\n')).toEqual([['call', 'x']]);
});

it('a reader of events gives up when one has no end', () => {
  const reader = new EventReader(() => undefined);
  expect(() => {
    for (let pushed = 0; pushed < 400; pushed++) reader.push(`data: ${'x'.repeat(1_000)}\n`);
  }).toThrow('too long');
});
