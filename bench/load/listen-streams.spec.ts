import { afterEach, expect, it } from 'vitest';
import { ANNOUNCE, type McpDouble, startFastUpstream, startMcpDouble } from '#libs/testing';
import { ListenStreams } from './listen-streams.js';

let upstream: McpDouble;
let streams: ListenStreams;
afterEach(async () => {
  await streams.close();
  await upstream.stop();
});

const openAt = (url: string, patienceMs = 60_000) => {
  streams = new ListenStreams({ url, token: null, streams: 60 }, patienceMs);
  return streams.open();
};
const announce = (): Promise<Response> =>
  fetch(upstream.url, { method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: ANNOUNCE }) });

it('the listening load sees that every stream is told of a change, once', async () => {
  upstream = await startFastUpstream();
  expect(await openAt(upstream.url)).toEqual({ errors: 0, errorSamples: [] });
  await announce();
  expect(await streams.hear()).toEqual({ errors: 0, errorSamples: [] });
  await announce();
  expect(await streams.hear()).toMatchObject({ errors: 0 });
});

it.each([
  [0, 'told of the change 0 times'],
  [2, 'told of the change 2 times'],
])('the listening load sees that a change was told %d times', async (times, problem) => {
  upstream = await startFastUpstream();
  await openAt(upstream.url, times === 0 ? 1_000 : 60_000);
  for (let time = 0; time < times; time++) await announce();
  expect(await streams.hear()).toEqual({ errors: 60, errorSamples: [problem] });
});

it('the listening load sees what belongs to another stream, and who is not let in', async () => {
  const acknowledged = { method: 'notifications/subscriptions/acknowledged' };
  const params = { _meta: { 'io.modelcontextprotocol/subscriptionId': 1 }, notifications: {} };
  upstream = await startMcpDouble({
    name: 'confused',
    tools: [],
    call: () => '',
    intercept: ({ res, message }) => {
      if (message.id === 2) res.writeHead(503).end();
      else res.writeHead(200).write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...acknowledged, params })}\n\n`);
      return true;
    },
  });
  const { errors, errorSamples } = await openAt(upstream.url);
  expect(errors).toBe(59);
  expect(errorSamples.join('\n')).toMatch(/status 503/);
  expect(errorSamples.join('\n')).toMatch(/of another stream/);
});
