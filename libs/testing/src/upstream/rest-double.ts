import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as the double received it. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query as they stood in the request line. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What it answers. */
export interface RestAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Nothing is answered; the connection stays open until the client goes. */
  readonly silent?: true;
  /** The connection is broken instead. */
  readonly broken?: true;
}

export interface RestDouble {
  readonly url: string;
  readonly received: ReceivedRequest[];
  /** Requests whose client went away before the answer. */
  readonly abandoned: ReceivedRequest[];
  /** Decides every answer from now on. */
  answer(decide: (request: ReceivedRequest) => RestAnswer): void;
  stop(): Promise<void>;
}

const ECHO = ({ method, target }: ReceivedRequest): RestAnswer => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ method, target }),
});

/** An HTTP API that records what it received and answers what a test wants; by itself, method and target as JSON. */
export const startRestDouble = async (): Promise<RestDouble> => {
  const received: ReceivedRequest[] = [];
  const abandoned: ReceivedRequest[] = [];
  let decide: (request: ReceivedRequest) => RestAnswer = ECHO;
  const server = http.createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const request: ReceivedRequest = {
      method: incoming.method ?? '',
      target: incoming.url ?? '',
      headers: Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])),
      body: Buffer.concat(chunks),
    };
    received.push(request);
    const { status = 200, headers = {}, body = '', silent, broken } = decide(request);
    if (broken) return void incoming.socket.destroy();
    if (silent) return void response.on('close', () => abandoned.push(request));
    response.writeHead(status, headers).end(body);
  });
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    abandoned,
    answer: (next) => {
      decide = next;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
