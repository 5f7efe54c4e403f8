import { expect, it } from 'vitest';
import { withMarkedWords } from './marked-words.ts';

const marks = (...lines: readonly (readonly [' ' | '-' | '+', string])[]) =>
  withMarkedWords(lines.map(([sign, text]) => ({ sign, text }))).map(({ sign, parts }) =>
    [sign, ...parts.map(({ text, isMarked }) => (isMarked ? `[${text}]` : text))].join(''),
  );

it('withMarkedWords marks the words that are others when one line takes the place of one', () => {
  expect(marks([' ', '{'], ['-', '"Adds two numbers."'], ['+', '"Adds three numbers, then mails them."'])).toEqual(
    [' {', '-"Adds [two] numbers."', '+"Adds [three numbers, then mails them]."'].map((line) =>
      line.replace('[two] numbers', '[two numbers]'),
    ),
  );
});

it('withMarkedWords marks nothing when there is no one line to compare to', () => {
  const lines = [
    ['-', 'a'],
    ['-', 'b'],
    ['+', 'c'],
    [' ', 'd'],
    ['+', 'e'],
  ] as const;
  expect(marks(...lines)).toEqual(lines.map((line) => line.join('')));
});
