import { describe, expect, it } from 'vitest';
import { askProblem, capabilityKey, sessionCapabilities } from './capabilities.js';

describe('session capabilities', () => {
  it.each([
    [{}, {}, ''],
    [{ extensions: { 'io.modelcontextprotocol/ui': {} }, experimental: {} }, {}, ''],
    [
      { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['x/y', 'text/html;profile=mcp-app'] }, other: {} } },
      { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } } },
      'x',
    ],
    [{ elicitation: {} }, { elicitation: { form: {} } }, 'ef'],
    [{ elicitation: { url: {} } }, { elicitation: { url: {} } }, 'eu'],
    [
      { elicitation: { form: {}, url: {} }, sampling: { tools: {} }, roots: { listChanged: true } },
      { elicitation: { form: {}, url: {} }, sampling: { tools: {} }, roots: {} },
      'efustr',
    ],
    [{ sampling: { context: {} } }, { sampling: {} }, 's'],
  ])('session capabilities %j', (given, declared, key) => {
    expect(sessionCapabilities(given)).toEqual(declared);
    expect(capabilityKey(sessionCapabilities(given))).toBe(key);
  });
});

type Case = [method: string, params: Record<string, unknown>, capabilities: Record<string, unknown>];

describe('askProblem', () => {
  const url = (target: string): Case => [
    'elicitation/create',
    { mode: 'url', url: target },
    { elicitation: { url: {} } },
  ];

  it.each<Case>([
    ['elicitation/create', {}, { elicitation: {} }],
    ['sampling/createMessage', {}, { sampling: {} }],
    ['sampling/createMessage', { tools: [] }, { sampling: { tools: {} } }],
    ['roots/list', {}, { roots: {} }],
    url('https://example.com/consent?x=1'),
    url('http://localhost:3000/'),
  ])('askProblem lets %s pass with %j', (method, params, capabilities) => {
    expect(askProblem(method, params, capabilities)).toBeNull();
  });

  it.each<Case>([
    ['elicitation/create', {}, {}],
    ['elicitation/create', {}, { elicitation: { url: {} } }],
    ['elicitation/create', { mode: 'url', url: 'https://a.b' }, { elicitation: {} }],
    ['sampling/createMessage', {}, {}],
    ['sampling/createMessage', { tools: [] }, { sampling: {} }],
    ['roots/list', {}, {}],
    ['tools/list', {}, {}],
    url('javascript:alert(1)'),
    url('http://example.com'),
    url('http://localhost.evil.com'),
    url('data:text/html,x'),
    url('https://'),
  ])('askProblem refuses %s %j', (method, params, capabilities) => {
    expect(askProblem(method, params, capabilities)).not.toBeNull();
  });
});
