import { afterEach, expect, it } from 'vitest';
import { type DoubleRequest, type McpDouble, startFastUpstream, startMcpDouble } from '#libs/testing';
import { SCENARIOS, type Scenario, TOOL_COUNT } from '../scenario.js';
import { runLoad } from './run-load.js';

let upstream: McpDouble;
afterEach(() => upstream.stop());

const scenarioOf = (name: string): Scenario => SCENARIOS.find((scenario) => scenario.name === name) as Scenario;
const call = scenarioOf('tools/call modern');

const load = (scenario: Scenario) => {
  const urls = scenario.sprayed ? [upstream.url, `${upstream.url}/too`] : [upstream.url];
  // The count ends it, however long that takes on this machine.
  return runLoad({ scenario, urls, token: null, connections: 4, durationMs: 600_000, callsMax: 200 });
};

it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
  'the load generator finds right answers right: %s',
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
] as const)('the load generator counts an answer with %s as wrong', async (_name, answer) => {
  upstream = await startMcpDouble({ name: 'liar', tools: [], call: answer });
  expect(await load(call)).toMatchObject({ calls: 200, errors: 200 });
});

it('the load generator counts a list that lacks a tool as wrong', async () => {
  upstream = await startFastUpstream({ tools: TOOL_COUNT - 1 });
  expect(await load(scenarioOf('tools/list legacy'))).toMatchObject({ errors: 200 });
});

it('the load generator counts the answer to somebody else’s question as wrong', async () => {
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
  expect(await load(call)).toMatchObject({ errors: 200 });
});

const event = (message: object): string => `data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`;

/** Answers with these progress values under this token, then rightly. */
const answerWithProgress = (values: readonly number[], tokenOf: (request: DoubleRequest) => unknown) =>
  startMcpDouble({
    name: 'stepping',
    tools: [],
    call: () => '',
    intercept: (request) => {
      const { res, message } = request;
      const progressToken = tokenOf(request);
      const text = message.params?.arguments?.['text'];
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const progress of values) {
        const params = { progressToken, progress, message: `step ${progress}` };
        res.write(event({ method: 'notifications/progress', params }));
      }
      res.end(event({ id: message.id, result: { content: [{ type: 'text', text }], resultType: 'complete' } }));
      return true;
    },
  });

const ownToken = ({ message }: DoubleRequest): unknown => message.params?._meta?.['progressToken'];
const steps = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

it.each([
  ['as it should be', steps, ownToken, 0],
  ['with one step missing', steps.slice(1), ownToken, 200],
  ['with one step too many', [...steps, 11], ownToken, 200],
  ['out of order', [2, 1, ...steps.slice(2)], ownToken, 200],
  ['of another call', steps, () => 'token-x', 200],
] as const)('the load generator counts progress %s', async (_name, values, tokenOf, errors) => {
  upstream = await answerWithProgress(values, tokenOf);
  expect(await load(scenarioOf('10 progress events modern'))).toMatchObject({ calls: 200, errors });
});

it('the load generator sees one wrong character in a long answer, also after right ones', async () => {
  const right = await startFastUpstream();
  let seen = 0;
  upstream = await startMcpDouble({
    name: 'sloppy',
    tools: [],
    call: async ({ arguments: args }) => {
      const params = { name: 'large', arguments: args };
      const answer = await fetch(right.url, {
        method: 'POST',
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
      });
      const { result } = (await answer.json()) as { result: object };
      const members = JSON.stringify(result).slice(1, -1);
      return ++seen % 2 === 0 ? members : members.replace('dog', 'dig');
    },
  });
  expect(await load(scenarioOf('256 KB result'))).toMatchObject({ calls: 200, errors: 100 });
  await right.stop();
});

it('the load generator counts a closed connection, and goes on with a new one', async () => {
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
  expect(await load(call)).toMatchObject({ calls: 199, errors: 1 });
});
