import { expect, it } from 'vitest';
import { aCall } from '../../test/call-records.js';
import type { CallFilter } from '../call-log/call-log.repository.js';
import { matching } from './matching.js';

it.each<[string, CallFilter, boolean]>([
  ['nothing is asked for', {}, true],
  ['its user is asked for', { principalId: 'dev@example.com' }, true],
  ['another user is asked for', { principalId: 'ann@example.com' }, false],
  ['the endpoint without a server is asked for', { serverId: null }, false],
  ['one of several outcomes is asked for', { outcomes: ['refused', 'ok'] }, true],
  ['other outcomes are asked for', { outcomes: ['refused'] }, false],
  ['slower ones are asked for', { latencyMsMin: 13 }, false],
  ['its name is asked for', { name: 'everything-echo' }, true],
  ['a part of its name is asked for', { name: 'everything' }, false],
  ['the end of its name is asked for', { name: '*-echo' }, true],
  ['the beginning of its name is asked for', { name: 'every*' }, true],
  ['pieces of its name are asked for in order', { name: 'e*thing*cho' }, true],
  ['pieces of its name are asked for in another order', { name: '*echo*thing*' }, false],
  ['a piece would have to stand in two places', { name: 'everything-echo*echo' }, false],
  ['any text is asked for', { name: '*' }, true],
])('a call is shown or not as the filter says when %s', (_when, filter, isShown) => {
  expect(matching(filter)(aCall())).toBe(isShown);
});
