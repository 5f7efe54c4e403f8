import { expect, it } from 'vitest';
import { UNTAGGED, choiceOf, chosenTools, tagsOf } from './operation-choice.ts';

type Preview = Parameters<typeof choiceOf>[0];

const tool = (key: string, ...tags: string[]) => ({ key, tags }) as unknown as Preview['tools'][number];
const preview = {
  tags: [
    { name: 'orders', tools: 2 },
    { name: 'users', tools: 1 },
    { name: 'unused', tools: 0 },
  ],
  tools: [tool('GET /orders', 'orders'), tool('POST /orders', 'orders', 'users'), tool('GET /ping')],
} as unknown as Preview;

it('tagsOf counts what there is of each tag when some operations have none', () => {
  expect(tagsOf(preview)).toEqual([
    { name: 'orders', tools: 2 },
    { name: 'users', tools: 1 },
    { name: UNTAGGED, tools: 1 },
  ]);
});

it('choiceOf says nothing, tags, or single operations when all, some, or some and the untagged are wanted', () => {
  expect(choiceOf(preview, new Set())).toEqual({});
  expect(choiceOf(preview, new Set([UNTAGGED]))).toEqual({ tags: ['orders', 'users'] });
  expect(choiceOf(preview, new Set(['orders', UNTAGGED]))).toEqual({ tags: ['users'] });
  expect(choiceOf(preview, new Set(['orders']))).toEqual({ operations: ['POST /orders', 'GET /ping'] });
  expect(chosenTools(preview, new Set(['orders', 'users'])).map(({ key }) => key)).toEqual(['GET /ping']);
});
