import { afterEach, beforeEach, expect, it } from 'vitest';
import { Rig, modern, modernHeaders, openSession, post } from './rig.js';

let rig: Rig;
let url: string;

beforeEach(async () => {
  rig = new Rig({ JSON_RESPONSE_ENABLED: 'false' });
  url = `${await rig.start()}/mcp`;
});
afterEach(() => rig.stop());

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
const EVENT_STREAM = 'text/event-stream';

it('a session gets every answer on an event stream when JSON answers are off', async () => {
  const session = await openSession(url);
  expect(session['mcp-session-id']).toMatch(/^[\w-]{43}$/);

  const { status, headers, text } = await post(url, LIST, session);

  expect([status, headers.get('content-type')]).toEqual([200, EVENT_STREAM]);
  expect(text).toMatch(/^retry: \d+\nid: [0-9a-f]+\.1\ndata: \n\nevent: message\nid: [0-9a-f]+\.2\ndata: \{"jsonrpc"/);
});

it('the gateway refuses in JSON, and answers clients without sessions in JSON, when JSON answers are off', async () => {
  const refused = await post(url, LIST, { 'mcp-session-id': 'nobody' });
  expect([refused.status, refused.headers.get('content-type')]).toEqual([404, 'application/json']);
  const { headers } = await post(url, modern('tools/list'), modernHeaders('tools/list'));
  expect(headers.get('content-type')).toBe('application/json');
  const rpc = await post(url.replace('/mcp', '/rpc'), LIST);
  expect(rpc.headers.get('content-type')).toBe('application/json');
});
