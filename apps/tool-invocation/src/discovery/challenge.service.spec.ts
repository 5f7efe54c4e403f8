import { once } from 'node:events';
import { type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '#libs/config';
import { toolInvocationOptions } from '../tool-invocation.config.js';
import { settingsOf } from '../tool-invocation.settings.js';
import { ChallengeService } from './challenge.service.js';

const settings = {
  ...settingsOf(parseConfig(toolInvocationOptions, {}), { embedded: true, dataDir: '.switchyard' }),
  egress: { enabled: true, allowLocalhost: true, allowPrivate: true, nameServers: [] },
};

let server: Server;
let url: string;
let asked: string[] = [];
/** How the server answers a GET; what is posted is refused with 405, without a challenge. */
let opened: (response: ServerResponse) => void;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const body = (await request.toArray()).join('');
    asked.push(request.method === 'GET' ? 'GET' : (JSON.parse(body) as { method: string }).method);
    if (request.method === 'GET') opened(response);
    else response.writeHead(405).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
beforeEach(() => {
  asked = [];
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('ChallengeService', () => {
  it.each<[string, (response: ServerResponse) => void, readonly string[], object]>([
    [
      'answered by a challenge',
      (response) => response.writeHead(401, { 'www-authenticate': 'Bearer scope="a"' }).end(),
      ['initialize', 'GET'],
      { status: 401, challenge: 'Bearer scope="a"' },
    ],
    [
      'refused as well',
      (response) => response.writeHead(405).end(),
      ['initialize', 'GET', 'tools/list'],
      { status: 405, challenge: null },
    ],
    ['never answered', () => {}, ['initialize', 'GET'], { status: 405, challenge: null }],
  ])('ChallengeService asks what time there is for when its GET is %s', async (_what, answer, order, heard) => {
    opened = answer;
    expect(await new ChallengeService(settings).read({ url })).toEqual(heard);
    expect(asked).toEqual(order);
  });
});
