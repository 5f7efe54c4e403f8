import { once } from 'node:events';
import { Agent, type IncomingMessage, type ServerResponse, createServer, request } from 'node:http';
import { type AddressInfo, type Socket, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Service } from './gateway.js';

export interface SprayingFront {
  readonly url: string;
  stop(): Promise<void>;
}

/** Which service's REST API a path belongs to; MCP and the rest are for ingress. As the shipped nginx has it. */
const ROUTES: readonly [RegExp, Service][] = [
  [/^\/(virtual-)?servers\/[^/]+\/(mcp|rpc|sse|message|ws)\b/, 'ingress'],
  [/^\/tools\/(preview|call)\//, 'ingress'],
  [/^\/oauth\/status\b/, 'registry'],
  [/^\/(authorize|token|register|revoke|device|device_authorization|sign-in)(\/|\?|$)/, 'auth'],
  [/^\/\.well-known\/(oauth-authorization-server|openid-configuration|jwks\.json)/, 'auth'],
  [/\/\.well-known\/openid-configuration$/, 'auth'],
  [/^\/connectors\/join\b/, 'tool-invocation'],
  [/^\/(auth|teams|tokens|connectors|rbac|oauth|logging|admin\/users|health\/security)\b/, 'auth'],
  [
    /^\/(gateways|mcp-servers|virtual-servers|openapi|tools|resources|prompts|servers|a2a|tags|export|import|catalog|changes|authz)\b/,
    'registry',
  ],
  [/^\/(docs(-json)?|redoc)\b/, 'registry'],
  [/^\/(metrics|calls|tap|audit|observability|logs|api\/logs)\b/, 'metrics'],
  [/^\/admin\/mcp-pool\b/, 'tool-invocation'],
];

const serviceOf = (path: string): Service => {
  const plain = path.replace(/^\/v1(?=\/)/, '');
  const [, asked] = /^\/settings\/(auth|registry|tool-invocation|metrics)\b/.exec(plain) ?? [];
  if (asked !== undefined) return asked as Service;
  return ROUTES.find(([pattern]) => pattern.test(plain))?.[1] ?? 'ingress';
};

/**
 * The worst load balancer there is: each request goes to the next replica of its service, whoever sent it. A replica
 * that takes no connection is passed over; nothing that was sent is sent again.
 */
export const startSprayingFront = async (
  replicasOf: (service: Service) => readonly string[],
  port = 0,
): Promise<SprayingFront> => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1_024 });
  let turn = 0;

  /** To the first of these replicas that takes it. */
  const forward = (req: IncomingMessage, res: ServerResponse, [first = '', ...others]: readonly string[]): void => {
    const { hostname, port } = new URL(first);
    const { method, url: path, headers } = req;
    const onward = request({
      agent,
      hostname,
      port,
      ...(method && { method }),
      ...(path && { path }),
      headers,
    });
    let connected = false;
    onward.on('response', (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      res.flushHeaders();
      answer.pipe(res);
      answer.on('error', () => res.destroy());
    });
    onward.on('error', () => {
      if (res.headersSent) return void res.destroy();
      // The body has gone nowhere yet: it is piped once there is a connection.
      if (!connected && others.length > 0) return forward(req, res, others);
      res.writeHead(502, { 'content-type': 'text/plain' }).end('the replica is gone');
    });
    res.on('close', () => {
      if (!res.writableFinished) onward.destroy();
    });
    const send = (): void => {
      connected = true;
      req.pipe(onward);
    };
    onward.once('socket', (socket) => (socket.connecting ? socket.once('connect', send) : send()));
  };

  const inTurn = (path: string): readonly string[] => {
    const urls = replicasOf(serviceOf(path));
    const start = turn++ % urls.length;
    return [...urls.slice(start), ...urls.slice(0, start)];
  };

  const upgraded = new Set<Duplex>();
  /** A WebSocket, byte for byte, with the first of these replicas that takes a connection. */
  const join = (req: IncomingMessage, client: Duplex, head: Buffer, [first, ...others]: readonly string[]): void => {
    if (first === undefined) return void client.end('HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\n\r\n');
    const { hostname, port } = new URL(first);
    const onward: Socket = connect(Number(port), hostname);
    let connected = false;
    onward.once('connect', () => {
      connected = true;
      const headers = Array.from({ length: req.rawHeaders.length / 2 }, (_, at) =>
        req.rawHeaders.slice(at * 2, at * 2 + 2).join(': '),
      );
      onward.write([`${req.method} ${req.url} HTTP/1.1`, ...headers, '', ''].join('\r\n'));
      onward.write(head);
      client.pipe(onward).pipe(client);
    });
    onward.on('error', () => (connected ? client.destroy() : join(req, client, head, others)));
    onward.once('close', () => connected && client.destroy());
    client.once('close', () => onward.destroy());
  };

  const server = createServer((req, res) => forward(req, res, inTurn(req.url ?? '/')));
  server.on('upgrade', (req: IncomingMessage, client: Duplex, head: Buffer) => {
    upgraded.add(client.on('error', () => client.destroy()).once('close', () => upgraded.delete(client)));
    join(req, client, head, inTurn(req.url ?? '/'));
  });
  // Longer than replicas promise, whose `Keep-Alive` the client sees: else it meets connections that are being closed.
  server.keepAliveTimeout = 120_000;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      for (const client of upgraded) client.destroy();
      server.close();
      agent.destroy();
    },
  };
};
