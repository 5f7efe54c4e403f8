import { describe, expect, it } from 'vitest';
import { decodeEvent } from './events.js';
import { AnswerRefused } from './parts.js';
import { Turn } from './turn.js';

const turnOf = (...results: readonly unknown[]): Turn => {
  const turn = new Turn();
  for (const result of results) turn.take(decodeEvent(result));
  return turn;
};
const task10 = (state: string, besides: object = {}) => ({ id: 't', contextId: 'c', status: { state }, ...besides });
const status03 = (state: string, text?: string) => ({
  kind: 'status-update',
  taskId: 't',
  contextId: 'c',
  status: { state, ...(text && { message: { kind: 'message', role: 'agent', parts: [{ kind: 'text', text }] } }) },
});
const artifact10 = (parts: object[], append = false) => ({
  artifactUpdate: { taskId: 't', contextId: 'c', artifact: { artifactId: 'a', parts }, append },
});

describe('Turn', () => {
  it.each([
    ['1.0 in one answer', { task: task10('TASK_STATE_COMPLETED') }, true],
    ['1.0 where nothing else can come', task10('TASK_STATE_FAILED'), true],
    ['0.3 in one answer', { kind: 'task', ...task10('completed') }, true],
    ['a task that goes on', { task: task10('TASK_STATE_WORKING') }, false],
    ['a task that waits', { kind: 'task', ...task10('input-required') }, true],
    ['a state nobody knows', { task: task10('TASK_STATE_DREAMING') }, false],
    ['a message', { message: { role: 'ROLE_AGENT', parts: [{ text: 'x' }] } }, true],
  ])('Turn knows whether there is more to come: %s', (_, result, isSettled) => {
    expect(turnOf(result).isSettled).toBe(isSettled);
  });

  it('Turn joins the chunks of an artifact, and puts a whole one in its place', () => {
    const turn = turnOf(
      { task: task10('TASK_STATE_WORKING') },
      artifact10([{ text: 'one ' }]),
      artifact10([{ text: 'two' }, { data: { n: 1 } }], true),
    );
    expect(turn.parts).toEqual([
      { kind: 'text', text: 'one two' },
      { kind: 'data', data: { n: 1 } },
    ]);
    expect(turn.chars).toBe('one two'.length + '{"n":1}'.length);
    turn.take(decodeEvent(artifact10([{ text: 'anew' }])));
    expect(turn.parts).toEqual([{ kind: 'text', text: 'anew' }]);
    expect(turn.chars).toBe('anew'.length);
  });

  it.each([
    ['the status', [status03('completed', 'said')], 'said'],
    [
      'the history',
      [{ task: task10('TASK_STATE_COMPLETED', { history: [{ role: 'ROLE_AGENT', parts: [{ text: 'last' }] }] }) }],
      'last',
    ],
    [
      'the question, whatever was made before',
      [artifact10([{ text: 'made' }]), status03('input-required', 'Which?')],
      'Which?',
    ],
    [
      'what was made, where a question has no words',
      [artifact10([{ text: 'made' }]), status03('input-required')],
      'made',
    ],
  ])('Turn finds the answer in %s', (_, results, text) => {
    expect(turnOf(...results).text).toBe(text);
  });

  it.each([
    ['another task', [{ task: task10('TASK_STATE_WORKING') }, { ...status03('working'), taskId: 'other' }]],
    ['too many parts', [artifact10(Array.from({ length: 1_001 }, () => ({ text: 'x' })))]],
    ['too many chunks', Array.from({ length: 1_100 }, () => artifact10([{ data: 1 }], true))],
    ['no object', [null]],
    ['neither task nor message', [{ answer: 42 }]],
    ['a part without content', [artifact10([{}])]],
    ['a task without an id', [{ task: { status: { state: 'TASK_STATE_WORKING' } } }]],
    ['an id that is too long', [{ task: { ...task10('TASK_STATE_WORKING'), id: 'x'.repeat(300) } }]],
    ['a status that is none', [{ kind: 'task', id: 't', status: 'done' }]],
  ])('Turn refuses an answer that has %s', (_, results) => {
    expect(() => turnOf(...results)).toThrow(AnswerRefused);
  });
});
