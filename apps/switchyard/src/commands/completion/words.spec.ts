import { expect, it } from 'vitest';
import { catalogue } from '../catalogue.js';
import { wordsFor } from './words.js';

it.each([
  [['to'], ['tools', 'top', 'token']],
  [
    ['tools', ''],
    ['ls', 'show', 'call', 'enable', 'disable'],
  ],
  [['tools', 'c'], ['call']],
  [
    ['tools', 'ls', '--se'],
    ['--search', '--server'],
  ],
  [['servers', 'list', '--q'], ['--quiet']],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['start', '--l'], []],
  [['nonsense', ''], []],
])('completion offers what may come when the words so far are %j', async (words, offered) => {
  expect(await wordsFor(words, catalogue)).toEqual(offered);
});
