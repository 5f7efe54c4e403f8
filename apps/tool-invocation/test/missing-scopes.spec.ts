import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type HttpToolSource, ResolveHttpTool, type UpstreamProfile, WantUpstreamScopes } from '#libs/contracts';
import { fail } from '#libs/errors';
import { HTTP_TOOL } from './http-tool.js';
import { givenInvocation, type Invocation } from './invocation.js';
import { json, openStream, result } from './raw-upstream.js';
import { serve } from './sdk-servers.js';

let invocation: Invocation;
const open: { close(): Promise<void> }[] = [];
/** What consents are asked to cover besides. */
const wanted: (readonly string[])[] = [];
/** Of the operation: `[]` where it is shown no credential. */
let security: HttpToolSource['binding']['security'] = null;
/** A new consent gives it. */
let helps = true;

beforeAll(async () => {
  invocation = await givenInvocation();
  invocation.bus.answer(ResolveHttpTool, async () => ({ ...HTTP_TOOL, binding: { ...HTTP_TOOL.binding, security } }));
  invocation.bus.answer(WantUpstreamScopes, async ({ scopes }) => {
    wanted.push(scopes);
    if (helps) throw fail('upstream.consent_needed', { message: 'Open the page of consents', executed: 'no' });
    return { helps: false as const };
  });
});
beforeEach(() => {
  wanted.length = 0;
  helps = true;
  security = null;
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});
afterAll(() => invocation.close());

const TRANSPORTS = { legacy: 'STREAMABLEHTTP', sse: 'SSE', api: 'REST' } as const;
type Kind = keyof typeof TRANSPORTS;
const KINDS = Object.keys(TRANSPORTS) as Kind[];

interface Message {
  readonly id?: number;
  readonly method?: string;
}

/** An upstream that lets everybody in, and refuses calls with this challenge. */
const startNarrow = async (kind: Kind, challenge: string): Promise<UpstreamProfile> => {
  const streams: ServerResponse[] = [];
  const refuse = (res: ServerResponse): unknown => {
    res.setHeader('www-authenticate', challenge);
    return json(res, { error: 'said by the upstream' }, 403);
  };
  const give = (res: ServerResponse, id: unknown, value: object): unknown => {
    const stream = streams[0];
    if (stream === undefined) return json(res, result(id, value), 200, { 'mcp-session-id': 's' });
    res.writeHead(202).end();
    return stream.write(`data: ${result(id, value)}\n\n`);
  };
  const answer = (req: IncomingMessage, res: ServerResponse, body: unknown): unknown => {
    const { id, method } = (body ?? {}) as Message;
    if (kind === 'api' || method === 'tools/call') return refuse(res);
    if (req.method === 'DELETE') return json(res, '');
    if (req.method === 'GET') {
      openStream(res);
      return kind === 'sse'
        ? res.write(`event: endpoint\ndata: /mcp?${streams.push(res)}\n\n`)
        : res.write(': open\n\n');
    }
    if (method === 'initialize') {
      const serverInfo = { name: 'narrow', version: '1' };
      return give(res, id, { protocolVersion: '2025-11-25', serverInfo, capabilities: { tools: {} } });
    }
    if (id === undefined) return res.writeHead(202).end();
    return json(res, { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } }, 404);
  };
  const server = await serve(answer, kind === 'api' ? '' : '/mcp');
  open.push(server);
  const profile = invocation.profile({ url: server.url, transport: TRANSPORTS[kind] });
  invocation.tokens.set(profile.id, () => 'token');
  invocation.personal.add(profile.id);
  return profile;
};

const CHALLENGE = 'Bearer error="insufficient_scope", scope="notes:write notes:share"';
const SCOPES = ['notes:write', 'notes:share'];

describe('an upstream that wants more than a consent covers', () => {
  it.each(KINDS)('a call over %s says where to consent to more when that can help', async (kind) => {
    const profile = await startNarrow(kind, CHALLENGE);
    await expect(invocation.call(profile, 't')).rejects.toMatchObject({ code: 'upstream.consent_needed' });
    expect(wanted).toEqual([SCOPES]);
  });

  it.each(KINDS)('a call over %s names the scopes when another consent does not help', async (kind) => {
    helps = false;
    const profile = await startNarrow(kind, CHALLENGE);
    const failure = {
      code: 'upstream.unauthorised',
      message: expect.stringContaining(SCOPES.join(' ')),
      executed: 'no',
    };
    await expect(invocation.call(profile, 't')).rejects.toMatchObject(failure);
    expect(wanted).toEqual([SCOPES]);
  });

  it.each(KINDS)('a call over %s names the scopes when the token is not of the caller', async (kind) => {
    const profile = await startNarrow(kind, CHALLENGE);
    invocation.personal.delete(profile.id);
    const failure = { code: 'upstream.unauthorised', message: expect.stringContaining(SCOPES.join(' ')) };
    await expect(invocation.call(profile, 't')).rejects.toMatchObject(failure);
    expect(wanted).toEqual([]);
  });

  it('nobody is asked to consent to more when the operation is shown no credential', async () => {
    security = [];
    const profile = await startNarrow('api', CHALLENGE);
    expect((await invocation.call(profile, 't')).body).toContain('No credential was sent');
    expect(wanted).toEqual([]);
  });

  it.each([
    'Bearer error="invalid_token", scope="notes:write"',
    'Basic realm="x"',
    'Bearer error="insufficient_scope"',
  ])('nobody is asked to consent to more when 403 says %s', async (challenge) => {
    const profile = await startNarrow('sse', challenge);
    await expect(invocation.call(profile, 't')).rejects.toMatchObject({ code: 'upstream.unauthorised' });
    expect(wanted).toEqual([]);
  });

  it('what is no scope is not repeated when a challenge names it', async () => {
    helps = false;
    const profile = await startNarrow(
      'sse',
      `Bearer error="insufficient_scope", scope="ok <b>\u00e9</b> ${'x'.repeat(300)}"`,
    );
    const error = await invocation.call(profile, 't').catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ message: expect.stringMatching(/the scope ok/) });
    expect((error as Error).message).not.toMatch(/xxx|\u00e9/);
  });
});
