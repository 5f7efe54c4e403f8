import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { RESOURCE_MIME_TYPE, registerAppResource, registerAppTool } from '@modelcontextprotocol/ext-apps/server';
import { type NodeIncomingMessageLike, toNodeHandler } from '@modelcontextprotocol/node';
import { McpServer, createMcpHandler, fromJsonSchema } from '@modelcontextprotocol/server';

const URI = 'ui://harbour/berths.html';

export interface AppServer {
  readonly url: string;
  /** How often each of its tools was called. */
  readonly calls: Map<string, number>;
  stop(): Promise<void>;
}

/** The library that apps are made with, as a part of the page: the page reaches nothing. */
const LIBRARY = (): string => {
  const path = createRequire(import.meta.url).resolve('@modelcontextprotocol/ext-apps/app-with-deps');
  const text = readFileSync(path, 'utf8').replaceAll('</script', String.raw`<\/script`);
  const [, name = ''] = /\b(\w+) as App\b/.exec(text) ?? [];
  return `${text}\nglobalThis.App = ${name};`;
};

/** Tries what an app must not have, and shows what came of it. */
const PROBE = `async () => {
  const attempt = async (name, what) => { try { return name + ' ' + (await what()); } catch (error) { return name + ' refused'; } };
  return [
    await attempt('page', () => parent.parent.document.title),
    await attempt('frame', () => parent.document.title),
    await attempt('cookie', () => document.cookie === '' ? Promise.reject() : document.cookie),
    await attempt('storage', () => localStorage.length),
    await attempt('api', async () => (await fetch(GATEWAY + '/v1/tools', { credentials: 'include', headers: { 'x-switchyard-ui': '1' } })).status),
    await attempt('beacon', () => new Promise((loaded, failed) => { const image = new Image(); image.onload = loaded; image.onerror = failed; image.src = GATEWAY + '/admin/icon.svg'; })),
    await attempt('top', () => { top.location.href = GATEWAY + '/docs'; }),
    await attempt('popup', () => open(GATEWAY + '/docs') === null ? Promise.reject() : 'opened'),
  ].join(', ');
}`;

const page = (gatewayUrl: string): string => `<!doctype html>
<html lang="en"><head><title>Berths</title></head><body>
<h1>Berths</h1><p id="input"></p><p id="result"></p><p id="said"></p>
<button id="refresh">Refresh</button> <button id="twice">Two at once</button> <button id="sink">Sink</button> <button id="buy">Buy</button>
<button id="read">Read</button> <button id="link">Link</button> <button id="script">Script link</button> <button id="probe">Probe</button> <button id="fill">Fill</button>
<script type="module">${LIBRARY()}</script>
<script type="module">
  const GATEWAY = ${JSON.stringify(gatewayUrl)};
  const show = (id, text) => { document.getElementById(id).textContent = text; };
  const app = new App({ name: 'berths', version: '1' }, {});
  app.ontoolinput = ({ arguments: given }) => show('input', 'Asked for ' + given.quay);
  app.ontoolresult = ({ content }) => show('result', content[0].text);
  const on = (id, act) => document.getElementById(id).addEventListener('click', async () => {
    show('said', '…');
    try { show('said', await act()); } catch (error) { show('said', 'No: ' + error.message); }
  });
  const call = (name, quay = 'south') => async () => (await app.callServerTool({ name, arguments: { quay } })).content[0].text;
  const settled = async (asked) => (await Promise.allSettled(asked)).map(({ value, reason }) => value ?? reason.message).join(', ');
  on('refresh', call('refresh'));
  on('twice', () => settled([call('refresh', 'east')(), call('refresh', 'west')()]));
  on('sink', call('sink'));
  on('buy', call('shop-buy'));
  on('read', async () => (await app.readServerResource({ uri: ${JSON.stringify(URI)} })).contents[0].uri);
  on('link', async () => JSON.stringify(await app.openLink({ url: 'https://example.org/berths' })));
  on('script', async () => JSON.stringify(await app.openLink({ url: 'javascript:alert(1)' })));
  on('fill', async () => JSON.stringify(await app.requestDisplayMode({ mode: 'fullscreen' })));
  on('probe', ${PROBE});
  await app.connect();
  await app.sendLog({ level: 'info', data: 'the app is here' });
</script></body></html>`;

/** A server of the SDK with an app of the library, which tools of all kinds of visibility stand beside. */
export const startAppServer = async (gatewayUrl: () => string): Promise<AppServer> => {
  const calls = new Map<string, number>();
  const inputSchema = fromJsonSchema({ type: 'object', properties: { quay: { type: 'string' } } } as never);
  const make = (): McpServer => {
    const server = new McpServer({ name: 'harbour', version: '1.0.0' });
    const tool = (name: string, visibility?: ('app' | 'model')[]): void => {
      const ui = { resourceUri: URI, ...(visibility && { visibility }) };
      registerAppTool(server, name, { description: name, inputSchema, _meta: { ui } }, async (args: unknown) => {
        calls.set(name, (calls.get(name) ?? 0) + 1);
        return { content: [{ type: 'text', text: `${name} ${(args as { quay?: string }).quay ?? 'all'}: 3 free` }] };
      });
    };
    tool('berths');
    tool('refresh', ['app']);
    tool('sink', ['model']);
    registerAppResource(server, 'berths', URI, {}, () => ({
      contents: [
        {
          uri: URI,
          mimeType: RESOURCE_MIME_TYPE,
          text: page(gatewayUrl()),
          _meta: {
            ui: { csp: { connectDomains: ['https://api.example.com', gatewayUrl()] }, permissions: { camera: {} } },
          },
        },
      ],
    }));
    return server;
  };
  const node = toNodeHandler(createMcpHandler(make));
  const server: Server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      Promise.resolve(node(request as NodeIncomingMessageLike, response, body)).catch(() => response.destroy());
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    calls,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
