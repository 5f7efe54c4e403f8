import { once } from 'node:events';
import { Agent, type IncomingMessage, type ServerResponse, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Service } from './gateway.js';

export interface SprayingFront {
  readonly url: string;
  stop(): Promise<void>;
}

/** Which service's REST API a path belongs to; MCP and the rest are for ingress. As the shipped nginx has it. */
const ROUTES: readonly [RegExp, Service][] = [
  [/^\/(virtual-)?servers\/[^/]+\/(mcp|rpc|sse|message|ws)\b/, 'ingress'],
  [/^\/tools\/preview\//, 'ingress'],
  [/^\/oauth\/status\b/, 'registry'],
  [/^\/(authorize|token|register|revoke|device|device_authorization|sign-in)(\/|\?|$)/, 'auth'],
  [/^\/\.well-known\/(oauth-authorization-server|openid-configuration|jwks\.json)/, 'auth'],
  [/\/\.well-known\/openid-configuration$/, 'auth'],
  [/^\/(auth|teams|tokens|rbac|oauth|logging|admin\/users|health\/security)\b/, 'auth'],
  [
    /^\/(gateways|mcp-servers|virtual-servers|openapi|tools|resources|prompts|servers|a2a|tags|export|import|catalog)\b/,
    'registry',
  ],
  [/^\/(docs(-json)?|redoc)\b/, 'registry'],
  [/^\/(metrics|calls|audit|observability|logs)\b/, 'metrics'],
  [/^\/admin\/mcp-pool\b/, 'tool-invocation'],
];

const serviceOf = (path: string): Service => {
  const plain = path.replace(/^\/v1(?=\/)/, '');
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

  const server = createServer((req, res) => {
    const urls = replicasOf(serviceOf(req.url ?? '/'));
    const start = turn++ % urls.length;
    forward(req, res, [...urls.slice(start), ...urls.slice(0, start)]);
  });
  // Longer than replicas promise, whose `Keep-Alive` the client sees: else it meets connections that are being closed.
  server.keepAliveTimeout = 120_000;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      agent.destroy();
    },
  };
};
