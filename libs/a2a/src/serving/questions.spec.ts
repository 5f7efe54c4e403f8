import { describe, expect, it } from 'vitest';
import type { Part } from '../protocol/parts.js';
import { answersIn, questionParts } from './questions.js';

const form = (properties: object) => ({
  method: 'elicitation/create',
  params: { message: 'Who?', requestedSchema: { type: 'object', properties } },
});
const NAME = { who: form({ name: { type: 'string' } }) };
const BOTH = { who: form({ name: { type: 'string' } }), size: form({ size: { type: 'number' } }) };
const LINK = {
  visit: { method: 'elicitation/create', params: { mode: 'url', message: 'Sign in', url: 'https://a.example' } },
};
const text: Part = { kind: 'text', text: 'Ann' };
const data = (value: unknown): Part => ({ kind: 'data', data: value });

describe('questions of a tool', () => {
  it('questionParts says each in words, and as data how it is answered', () => {
    expect(questionParts({ ...NAME, ...LINK })).toEqual([
      { kind: 'text', text: 'Who?\nSign in https://a.example' },
      {
        kind: 'data',
        data: {
          questions: [
            { key: 'who', schema: { type: 'object', properties: { name: { type: 'string' } } } },
            { key: 'visit', url: 'https://a.example' },
          ],
        },
      },
    ]);
  });

  it.each([
    ['text, for a form with one text', NAME, [text], { who: { action: 'accept', content: { name: 'Ann' } } }],
    ['data, for a form', NAME, [data({ name: 'Bo' }), text], { who: { action: 'accept', content: { name: 'Bo' } } }],
    ['a refusal', NAME, [data({ action: 'decline' })], { who: { action: 'decline' } }],
    ['any text, for a link', LINK, [text], { visit: { action: 'accept' } }],
    [
      'data by key, for several',
      BOTH,
      [data({ who: { name: 'Bo' }, size: { action: 'cancel' } })],
      { who: { action: 'accept', content: { name: 'Bo' } }, size: { action: 'cancel' } },
    ],
  ])('answersIn finds the answer in %s', (_, questions, parts, answers) => {
    expect(answersIn(parts, questions)).toEqual(answers);
  });

  it.each([
    ['there is nothing for one of several', BOTH, [data({ who: { name: 'Bo' } })]],
    ['text cannot say which of several it answers', BOTH, [text]],
    ['text is no number', { size: form({ size: { type: 'number' } }) }, [text]],
    ['a form has several fields', { who: form({ one: { type: 'string' }, two: { type: 'string' } }) }, [text]],
    ['there are files alone', NAME, [{ kind: 'bytes', base64: 'aGk=' } as const]],
  ])('answersIn finds none when %s', (_, questions, parts) => {
    expect(answersIn(parts, questions)).toBeNull();
  });
});
