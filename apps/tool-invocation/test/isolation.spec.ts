import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Called, givenInvocation, type Invocation } from './invocation.js';
import { event, openStream, result, startRawLegacy } from './raw-upstream.js';

let invocation: Invocation;
beforeAll(async () => {
  invocation = await givenInvocation({
    MCP_SESSION_POOL_MAX_PER_KEY: '4',
    PARKED_CALLS_PER_PRINCIPAL: '100',
    HTTPX_MAX_CONNECTIONS: '1000',
    TOOL_CONCURRENT_LIMIT: '100',
  });
});
afterAll(() => invocation.close());

describe('many clients of one upstream', () => {
  it('clients get their own requests, answers and progress when many call at once', async () => {
    const open = new Map<string, { res: ServerResponse; id: number; canary: string }>();
    const upstream = await startRawLegacy((request, res, req) => {
      const answer = request as unknown as { id: string; result?: { content: { canary: string } } };
      if (request.method === undefined) {
        const call = open.get(answer.id);
        open.delete(answer.id);
        return call?.res.end(
          event(
            result(call.id, { content: [{ type: 'text', text: `${call.canary} ${answer.result?.content.canary}` }] }),
          ),
        );
      }
      const { canary } = request.params.arguments as { canary: string };
      const { progressToken } = request.params._meta as { progressToken: number };
      const key = `${String(req.headers['mcp-session-id'])}/${request.id}`;
      openStream(res);
      open.set(key, { res, id: request.id, canary });
      res.write(
        event(
          JSON.stringify({
            jsonrpc: '2.0',
            method: 'notifications/progress',
            params: { progressToken, progress: 1, message: canary },
          }),
        ),
      );
      return res.write(
        event(JSON.stringify({ jsonrpc: '2.0', id: key, method: 'elicitation/create', params: { message: canary } })),
      );
    });
    const profile = invocation.profile({ url: upstream.url });
    const client = { info: null, capabilities: { elicitation: {} }, revision: '2026-07-28' };

    const runs = Array.from({ length: 200 }, async (_, index): Promise<[string, Called, Called]> => {
      const canary = `canary-${index}`;
      const principal = { id: `user-${index % 20}@example.com`, tokenId: null };
      const call = invocation.routed(profile, 't', { client, principal, wantsProgress: true });
      const parked = await invocation.call(profile, 't', { canary }, call);
      const answers = { input_1: { action: 'accept', content: { canary } } };
      return [canary, parked, await invocation.proceed(call.callId, 1, answers, { principalId: principal.id })];
    });

    for (const [canary, parked, done] of await Promise.all(runs)) {
      expect(parked.frames).toEqual([{ kind: 'progress', progress: 1, message: canary }]);
      expect(JSON.parse(parked.body as string).inputRequests.input_1.params.message).toBe(canary);
      expect(JSON.parse(done.body as string).content[0].text).toBe(`${canary} ${canary}`);
    }
    // Beyond its limit a caller's calls share sessions: each question comes on the stream of its call. One more watches the lists.
    expect(upstream.known.size).toBeGreaterThanOrEqual(20);
    expect(upstream.known.size).toBeLessThanOrEqual(20 * 4 + 1);
    expect(upstream.executions).toBe(200);
    await upstream.close();
  });

  it('a call leaves one record when it succeeds, fails or is cancelled', async () => {
    const upstream = await startRawLegacy((request, res) => {
      openStream(res);
      res.end(event(result(request.id, { content: [] })));
    });
    const profile = invocation.profile({ url: upstream.url });
    const calls = Array.from({ length: 100 }, () => invocation.routed(profile, 't'));

    await Promise.all(calls.map((call) => invocation.call(profile, 't', {}, call)));

    for (const call of calls)
      expect(await invocation.record(call.callId)).toMatchObject({ outcome: 'ok', upstreamId: profile.id });
    await upstream.close();
  });
});
