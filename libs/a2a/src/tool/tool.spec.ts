import { describe, expect, it } from 'vitest';
import { ArgumentsRefused } from '#libs/openapi';
import { decodeEvent } from '../protocol/events.js';
import { messageRequest } from '../protocol/requests.js';
import { Turn } from '../protocol/turn.js';
import { agentArguments } from './arguments.js';
import { CallerIds } from './caller-ids.js';
import { agentTool } from './definition.js';
import { turnResult } from './result.js';

const ids = new CallerIds(['key'], 'ada');

describe('the tool of an agent', () => {
  it('agentTool says what the agent can, within its limit', () => {
    const skill = { name: 'Bake', description: 'd'.repeat(500), examples: [] };
    const card = {
      name: 'Baker',
      description: '',
      version: '1',
      isStreaming: true,
      skills: Array.from({ length: 100 }, () => skill),
    };
    const { description } = agentTool({ ...card, interfaces: [], extensionsRequired: [] });
    expect(description.startsWith('Asks the agent Baker\nSkills of the agent:\n- Bake: ddd')).toBe(true);
    expect(description).toHaveLength(8_192);
  });

  it.each([
    ['1.0', { role: 'ROLE_USER', parts: [{ text: 'hi' }, { data: { n: 1 } }, { raw: 'aGk=', filename: 'f' }] }],
    [
      '0.3',
      {
        kind: 'message',
        role: 'user',
        parts: [
          { kind: 'text', text: 'hi' },
          { kind: 'data', data: { n: 1 } },
          { kind: 'file', file: { bytes: 'aGk=', name: 'f' } },
        ],
      },
    ],
  ] as const)('arguments become a message of %s', (version, message) => {
    const args = {
      message: 'hi',
      data: { n: 1 },
      files: [{ base64: 'aGk=', name: 'f' }],
      contextId: ids.given('context', 'c'),
    };
    const { parts, contextId } = agentArguments(JSON.stringify(args), ids);
    const text = messageRequest({ version, tenant: 'north' }, 'send', { messageId: 'm', parts, contextId });
    const { params } = JSON.parse(text) as { params: Record<string, unknown> };
    expect(params).toMatchObject({ message: { ...message, messageId: 'm', contextId: 'c' }, tenant: 'north' });
  });

  it.each([
    ['nothing', {}],
    ['an empty message', { message: '' }],
    ['an unknown argument', { message: 'x', skill: 'y' }],
    ['a file of both kinds', { message: 'x', files: [{ base64: 'aGk=', url: 'https://a.example' }] }],
    ['a file of no kind', { message: 'x', files: [{ name: 'y' }] }],
    ['a file at no URL of the web', { message: 'x', files: [{ url: 'file:///etc/passwd' }] }],
    ['too many files', { message: 'x', files: Array.from({ length: 17 }, () => ({ base64: 'aGk=' })) }],
    ['an id that is too long', { message: 'x', taskId: 'y'.repeat(280) }],
  ])('arguments are refused when they have %s', (_, args) => {
    expect(() => agentArguments(JSON.stringify(args), ids)).toThrow(ArgumentsRefused);
  });

  it('a result links to no URL but one of the web', () => {
    const turn = new Turn();
    const parts = [{ url: 'javascript:alert(1)', filename: 'x' }, { url: 'https://a.example/f' }];
    turn.take(decodeEvent({ message: { role: 'ROLE_AGENT', parts } }));
    expect(JSON.parse(turnResult(turn, ids).text)).toMatchObject({
      content: [
        { type: 'text', text: 'javascript:alert(1)' },
        { type: 'resource_link', uri: 'https://a.example/f', name: 'https://a.example/f' },
      ],
    });
  });

  it('an id is taken from the caller alone that it was given to, as what it was given, at that agent', () => {
    const id = ids.given('task', 't') as string;
    expect(id).toMatch(/^t\../);
    expect(ids.taken('task', id)).toEqual({ id: 't', place: '' });
    expect(new CallerIds(['new', 'key'], 'ada').taken('task', id)?.id).toBe('t');
    const others = [new CallerIds(['key'], 'bob'), new CallerIds(['other'], 'ada'), new CallerIds([], 'ada')];
    for (const other of others) expect(() => other.taken('task', id)).toThrow(/taskId is none that this caller/);
    expect(() => ids.taken('context', id)).toThrow(ArgumentsRefused);
    for (const bad of ['t', '', `${id}A`, id.slice(1), `u${id}`, id.replace('.', 'é')])
      expect(() => agentArguments(JSON.stringify({ message: 'x', taskId: bad }), ids)).toThrow(ArgumentsRefused);
    expect(new CallerIds([], 'ada').given('task', 't')).toBeUndefined();
    const longest = ids.given('task', 'x'.repeat(256));
    expect(agentArguments(JSON.stringify({ taskId: longest }), ids).taskId).toHaveLength(256);
  });

  it('an id says at which place the agent has it when there are several', () => {
    const several = new CallerIds(['key'], 'ada', ['', 'http://b.example/']);
    const there = several.at('http://b.example/').given('task', 't') as string;
    expect(several.taken('task', there)).toEqual({ id: 't', place: 'http://b.example/' });
    // One that was given before there were several is still good.
    expect(several.taken('task', ids.given('task', 't'))).toEqual({ id: 't', place: '' });
    expect(() => ids.taken('task', there)).toThrow(ArgumentsRefused);
    const mixed = JSON.stringify({ message: 'x', taskId: there, contextId: ids.given('context', 'c') });
    expect(() => agentArguments(mixed, several)).toThrow(/different conversations/);
  });
});
