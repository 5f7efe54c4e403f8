import { afterEach, expect, it } from 'vitest';
import { type McpDouble, startFastUpstream, startMcpDouble } from '#libs/testing';
import { SCENARIOS, type Scenario, TOOL_COUNT, nameOf } from '../scenario.js';
import { runLoad } from './run-load.js';

let upstream: McpDouble;
afterEach(() => upstream.stop());

const load = (scenario: Scenario) =>
  runLoad({ scenario, url: upstream.url, token: null, connections: 4, durationMs: 5_000, callsMax: 200 });

it.each(SCENARIOS.map((scenario) => [nameOf(scenario), scenario] as const))(
  '%s: finds right answers right',
  async (_name, scenario) => {
    upstream = await startFastUpstream({ tools: TOOL_COUNT });
    const result = await load(scenario);
    expect(result.errorSamples).toEqual([]);
    expect(result).toMatchObject({ calls: 200, errors: 0 });
    expect(result.p50Ms).toBeGreaterThan(0);
    expect(result.p99Ms).toBeGreaterThanOrEqual(result.p50Ms);
  },
);

it.each([
  ['another text', (): string => '"content":[{"type":"text","text":"something else"}]'],
  ['an error', (): string => '"content":[{"type":"text","text":"x"}],"isError":true'],
  ['no content', (): string => '"content":[]'],
] as const)('counts an answer with %s as wrong', async (_name, call) => {
  upstream = await startMcpDouble({ name: 'liar', tools: [], call });
  expect(await load({ call: 'tools/call', era: 'modern' })).toMatchObject({ calls: 200, errors: 200 });
});

it('counts a list that lacks a tool as wrong', async () => {
  upstream = await startFastUpstream({ tools: TOOL_COUNT - 1 });
  expect(await load({ call: 'tools/list', era: 'legacy' })).toMatchObject({ errors: 200 });
});

it('counts the answer to somebody else’s question as wrong', async () => {
  upstream = await startMcpDouble({
    name: 'confused',
    tools: [],
    call: () => '',
    intercept: ({ res, message }) => {
      const text = `sample text number ${Number(message.id) + 1}`;
      const result = { content: [{ type: 'text', text }], resultType: 'complete' };
      res.end(JSON.stringify({ jsonrpc: '2.0', id: Number(message.id) + 1, result }));
      return true;
    },
  });
  expect(await load({ call: 'tools/call', era: 'modern' })).toMatchObject({ errors: 200 });
});

it('counts a closed connection, and goes on with a new one', async () => {
  let seen = 0;
  upstream = await startMcpDouble({
    name: 'unsteady',
    tools: [],
    call: ({ arguments: { text } }) => `"content":[{"type":"text","text":${JSON.stringify(text)}}]`,
    intercept: ({ res }) => {
      if (++seen !== 50) return false;
      res.socket?.destroy();
      return true;
    },
  });
  expect(await load({ call: 'tools/call', era: 'modern' })).toMatchObject({ calls: 199, errors: 1 });
});
