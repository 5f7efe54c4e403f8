// A server whose every name is one of ODD_CONDUCT by its number: `/7/mcp` and `/7/sse` over HTTP, or over stdio with the
// number as argument. Over HTTP it says the port it listens on in its first line. Before 2026-07-28, without an SDK.
import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { text as textOf } from 'node:stream/consumers';
import { ODD_CONDUCT, type OddConduct } from './odd-conduct.js';

interface Request {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

const SOUND: Readonly<Record<string, object>> = {
  initialize: {
    protocolVersion: '2025-06-18',
    capabilities: { tools: {}, prompts: {}, resources: {} },
    serverInfo: { name: 'odd', version: '1.0.0' },
  },
  ping: {},
  'tools/list': { tools: [{ name: 'hello', inputSchema: { type: 'object' } }] },
  'prompts/list': { prompts: [] },
  'resources/list': { resources: [] },
  'resources/templates/list': { resourceTemplates: [] },
  'tools/call': { content: [{ type: 'text', text: 'hello' }] },
};
const UNKNOWN = { code: -32_601, message: 'Method not found' };

/** The texts that a message is answered with: none for a notification or an answer. */
const textsFor = (conduct: OddConduct, { id, method, params = {} }: Request): string[] => {
  if (method === undefined || id === undefined) return [];
  const given = conduct.answers?.[method];
  const said = given === undefined ? (SOUND[method] ?? UNKNOWN) : given(params);
  const isError = said !== null && 'code' in said;
  const answer = { jsonrpc: '2.0', id, ...(isError ? { error: said } : { result: said }) };
  const text = JSON.stringify(conduct.wrap?.(answer) ?? answer);
  const written = conduct.text?.(text) ?? text;
  return method === 'tools/call' ? [...(conduct.before ?? []), written, ...(conduct.after ?? [])] : [written];
};

const asEvents = (texts: readonly string[]): string =>
  texts.map((text) => `event: message\ndata: ${text}\n\n`).join('');

const overHttp = (): void => {
  const streams = new Map<string, ServerResponse>();
  const server = createServer((request, response) => void handle(request, response));

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const [, number = '', kind] = pathname.split('/');
    const conduct = ODD_CONDUCT[Number(number)];
    if (conduct === undefined) return void response.writeHead(404).end();
    if (request.method === 'GET' && kind === 'sse') {
      const session = randomUUID();
      streams.set(session, response);
      response.on('close', () => streams.delete(session));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      return void response.write(`event: endpoint\ndata: /${number}/message?session=${session}\n\n`);
    }
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const texts = textsFor(conduct, JSON.parse(await textOf(request)) as Request);
    if (kind === 'message') {
      response.writeHead(202).end();
      return void streams.get(searchParams.get('session') ?? '')?.write(asEvents(texts));
    }
    if (texts.length === 0) return void response.writeHead(202).end();
    const [only] = texts;
    const isOne = texts.length === 1;
    response.writeHead(200, { 'content-type': isOne ? 'application/json' : 'text/event-stream' });
    response.end(isOne ? only : asEvents(texts));
  };

  server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
};

const overStdio = (conduct: OddConduct): void => {
  createInterface({ input: process.stdin }).on('line', (line) => {
    for (const text of textsFor(conduct, JSON.parse(line) as Request)) process.stdout.write(`${text}\n`);
  });
};

const [, , number] = process.argv;
const conduct = ODD_CONDUCT[Number(number)];
if (number === undefined) overHttp();
else if (conduct !== undefined) overStdio(conduct);
