import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everythingScript, startEverything } from './everything-server.js';
import { givenInvocation, type Invocation } from './invocation.js';
import { openStream, event, result, json } from './raw-upstream.js';
import { serve } from './sdk-servers.js';
import type { ServerResponse } from 'node:http';

let invocation: Invocation;
let sse: Awaited<ReturnType<typeof startEverything>>;
let http: Awaited<ReturnType<typeof startEverything>>;

beforeAll(async () => {
  [invocation, sse, http] = await Promise.all([
    givenInvocation(),
    startEverything('sse'),
    startEverything('streamableHttp'),
  ]);
});
afterAll(async () => {
  await invocation.close();
  await Promise.all([sse.close(), http.close()]);
});

const text = (body: string | undefined): string => JSON.parse(body as string).content[0].text;
const everywhere = () => [
  invocation.profile({ url: http.url }),
  invocation.profile({ url: sse.url, transport: 'SSE' as const }),
  invocation.profile({ transport: 'STDIO' as const, command: process.execPath, args: [everythingScript, 'stdio'] }),
];

describe('the reference server over each transport', () => {
  it('the reference server lists the same when it is reached over each transport', async () => {
    for (const profile of everywhere()) {
      const found = await invocation.discover(profile);

      expect(found).toMatchObject({
        era: 'legacy',
        protocolVersion: '2025-11-25',
        transport: profile.transport,
        refused: [],
      });
      expect(found.tools.map(({ name }) => name)).toEqual(
        expect.arrayContaining([
          'echo',
          'get-sum',
          'trigger-elicitation-request',
          'trigger-sampling-request',
          'get-roots-list',
        ]),
      );
      expect(found.resources.length).toBeGreaterThan(0);
      expect(found.resourceTemplates.length).toBeGreaterThan(0);
      expect(found.prompts.length).toBeGreaterThan(0);
    }
  });

  it('the reference server runs a tool with progress when it is called over each transport', async () => {
    for (const profile of everywhere()) {
      const { frames, body } = await invocation.call(
        profile,
        'trigger-long-running-operation',
        { duration: 0.3, steps: 3 },
        { wantsProgress: true },
      );

      expect(text(body)).toContain('completed');
      expect(frames.map((frame) => 'progress' in frame && frame.progress)).toEqual([1, 2, 3]);
    }
  });

  it('the reference server is found when nobody named the transport of its URL', async () => {
    expect(await invocation.discover(invocation.profile({ url: sse.url }), 'AUTO')).toMatchObject({
      transport: 'SSE',
      era: 'legacy',
    });
    expect(await invocation.discover(invocation.profile({ url: http.url }), 'AUTO')).toMatchObject({
      transport: 'STREAMABLEHTTP',
    });
  });

  it('the reference server gets a sample when its client can give one', async () => {
    for (const profile of everywhere()) {
      const call = invocation.routed(profile, 'trigger-sampling-request', {
        client: { info: null, capabilities: { sampling: {} }, revision: '2026-07-28' },
      });

      const parked = await invocation.call(
        profile,
        'trigger-sampling-request',
        { prompt: 'hello', maxTokens: 10 },
        call,
      );
      expect(parked.answer).toEqual({ kind: 'input-required', parked: { round: 1 } });
      const done = await invocation.proceed(call.callId, 1, {
        input_1: { role: 'assistant', content: { type: 'text', text: 'sampled' }, model: 'm' },
      });

      expect(done.body).toContain('sampled');
    }
  });
});

describe('an upstream over HTTP+SSE', () => {
  const fixture = async (endpoint: string) => {
    let stream: ServerResponse | undefined;
    return serve((req, res, body) => {
      if (req.method === 'GET') {
        openStream(res);
        stream = res;
        return res.write(`event: endpoint\ndata: ${endpoint}\n\n`);
      }
      const { id, method } = body as { id?: number; method: string };
      res.writeHead(202).end('Accepted');
      if (method === 'initialize')
        stream?.write(
          event(
            result(id, {
              protocolVersion: '2024-11-05',
              capabilities: { tools: {} },
              serverInfo: { name: 'old', version: '1' },
            }),
          ),
        );
      else if (method === 'tools/call')
        stream?.write(event(result(id, { content: [{ type: 'text', text: req.url }] })));
      return undefined;
    }, '/deep/sse');
  };

  it.each([
    ['/message?s=1', '/message?s=1'],
    ['message?s=1', '/deep/message?s=1'],
    ['?s=1', '/deep/sse?s=1'],
  ])('a message is posted to the right path when the endpoint is %s', async (endpoint, path) => {
    const server = await fixture(endpoint);
    try {
      expect(text((await invocation.call(invocation.profile({ url: server.url, transport: 'SSE' }), 't')).body)).toBe(
        path,
      );
    } finally {
      await server.close();
    }
  });

  it.each([
    'http://169.254.169.254/message',
    '//evil.example/message',
    'https://127.0.0.1/message',
    'http://localhost/message',
  ])('a call fails when the endpoint leads to another origin: %s', async (endpoint) => {
    const server = await fixture(endpoint);
    try {
      await expect(
        invocation.call(invocation.profile({ url: server.url, transport: 'SSE' }), 't'),
      ).rejects.toMatchObject({ code: 'upstream.invalid_answer', executed: 'no' });
      expect(server.requests.map(({ method }) => method)).toEqual(['GET']);
    } finally {
      await server.close();
    }
  });

  it('calls fail when the stream ends, and the next call opens another', async () => {
    let stream: ServerResponse | undefined;
    let streams = 0;
    const server = await serve((req, res, body) => {
      if (req.method === 'GET') {
        streams++;
        openStream(res);
        stream = res;
        return res.write('event: endpoint\ndata: /m\n\n');
      }
      const { id, method } = body as { id?: number; method: string };
      json(res, '', 202);
      if (method === 'initialize')
        stream?.write(
          event(
            result(id, { protocolVersion: '2024-11-05', capabilities: {}, serverInfo: { name: 'old', version: '1' } }),
          ),
        );
      else if (method === 'tools/call' && streams === 1) stream?.end();
      else if (method === 'tools/call')
        stream?.write(event(result(id, { content: [{ type: 'text', text: 'second' }] })));
      return undefined;
    });
    const profile = invocation.profile({ url: server.url, transport: 'SSE' });
    try {
      await expect(invocation.call(profile, 't')).rejects.toMatchObject({
        code: 'upstream.closed',
        executed: 'unknown',
      });
      expect(text((await invocation.call(profile, 't')).body)).toBe('second');
    } finally {
      await server.close();
    }
  });
});
