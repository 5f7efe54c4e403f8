import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo } from 'node:net';

/**
 * A double of PgBouncer in transaction mode, for what it demands of its clients: startup parameters other than a few
 * are refused, and after each transaction the server connection goes to whoever asks next. What a client does that
 * would reach a stranger's session is noted in `offences`.
 */
export interface TransactionPooler {
  readonly url: string;
  /** Session-level SETs and named prepared statements seen so far. */
  readonly offences: readonly string[];
  /** Transactions (or single statements) that were given a server connection. */
  readonly turns: number;
  stop(): Promise<void>;
}

const PROTOCOL_3 = 196_608;
const ACCEPTED = new Set(['user', 'database', 'client_encoding', 'application_name', 'datestyle', 'timezone']);
const SESSION_STATE = /^\s*(SET\s+(?!LOCAL|TRANSACTION)|LISTEN|DECLARE|CREATE\s+TEMP|SELECT\s+pg_advisory_lock)/i;

interface ServerConnection {
  readonly socket: net.Socket;
  client: Client | undefined;
}

export const startTransactionPooler = async (options: {
  readonly socketPath: string;
  readonly user: string;
  readonly database: string;
  readonly size: number;
}): Promise<TransactionPooler> => {
  const pool = new Pool(options);
  const server = net.createServer((socket) => new Client(socket, pool));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `postgres://${options.user}@127.0.0.1:${port}/${options.database}`,
    offences: pool.offences,
    get turns() {
      return pool.turns;
    },
    stop: async () => {
      server.close();
      pool.close();
    },
  };
};

class Pool {
  readonly offences: string[] = [];
  turns = 0;
  private readonly servers = new Set<ServerConnection>();
  private readonly idle: ServerConnection[] = [];
  private readonly waiting: ((server: ServerConnection) => void)[] = [];
  private readonly clients = new Set<Client>();
  private closed = false;

  constructor(private readonly options: { socketPath: string; user: string; database: string; size: number }) {
    for (let n = 0; n < options.size; n++) this.open();
  }

  /** Never the one that was used last, so that a client that counts on keeping its connection is found out. */
  acquire(client: Client): Promise<ServerConnection> {
    this.clients.add(client);
    this.turns++;
    const server = this.idle.shift();
    if (server) return Promise.resolve(server);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  release(server: ServerConnection): void {
    server.client = undefined;
    const next = this.waiting.shift();
    if (next) next(server);
    else this.idle.push(server);
  }

  /** A client left in the middle: its transaction must not be anybody else's. */
  discard(server: ServerConnection): void {
    this.servers.delete(server);
    server.socket.destroy();
    this.open();
  }

  close(): void {
    this.closed = true;
    for (const { socket } of this.servers) socket.destroy();
    for (const client of this.clients) client.close();
  }

  private open(): void {
    if (this.closed) return;
    const socket = net.connect(this.options.socketPath);
    const server: ServerConnection = { socket, client: undefined };
    this.servers.add(server);
    let greeted = false;
    socket.on('error', () => {});
    socket.on('connect', () => socket.write(startup({ user: this.options.user, database: this.options.database })));
    socket.on(
      'data',
      splitter(true, (type, message) => {
        const idle = type === 'Z' && message[5] === 'I'.charCodeAt(0);
        if (greeted) server.client?.forward(message, idle);
        if (idle && !greeted) greeted = true;
        if (idle) this.release(server);
      }),
    );
  }
}

class Client {
  private server: ServerConnection | undefined;
  private turn: Promise<void> = Promise.resolve();
  private greeted = false;

  constructor(
    private readonly socket: net.Socket,
    private readonly pool: Pool,
  ) {
    const messages = splitter(true, (type, message) => this.receive(type, message));
    const greeting = splitter(false, (_type, message) => this.greet(message));
    socket.on('error', () => {});
    socket.on('data', (chunk) => (this.greeted ? messages : greeting)(chunk));
    socket.on('close', () => this.server && this.pool.discard(this.server));
  }

  forward(message: Buffer, idle: boolean): void {
    if (idle) this.server = undefined;
    this.socket.write(message);
  }

  close(): void {
    this.socket.destroy();
  }

  private greet(message: Buffer): void {
    if (message.readInt32BE(4) !== PROTOCOL_3) {
      this.socket.write('N');
      return;
    }
    const parts = message.subarray(8, -2).toString().split('\0');
    const refused = parts.filter((_, index) => index % 2 === 0).find((name) => !ACCEPTED.has(name.toLowerCase()));
    if (refused !== undefined) {
      this.socket.end(framed('E', `SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: ${refused}\0\0`));
      return;
    }
    this.greeted = true;
    this.socket.write(
      Buffer.concat([
        framed('R', '\0\0\0\0'),
        ...['server_version\u000018.0\0', 'client_encoding\0UTF8\0', 'standard_conforming_strings\0on\0'].map(
          (status) => framed('S', status),
        ),
        framed('K', '\0\0\0\u0001\0\0\0\u0001'),
        framed('Z', 'I'),
      ]),
    );
  }

  private receive(type: string, message: Buffer): void {
    if (type === 'X') return void this.socket.end();
    const text = message.subarray(5).toString();
    if (type === 'P' && !text.startsWith('\0')) this.pool.offences.push(`named statement ${text.split('\0')[0]}`);
    const statement = type === 'P' ? text.split('\0')[1] : type === 'Q' ? text : '';
    for (const part of (statement ?? '').split(';')) if (SESSION_STATE.test(part)) this.pool.offences.push(part.trim());
    this.turn = this.turn.then(async () => {
      if (!this.server) {
        this.server = await this.pool.acquire(this);
        this.server.client = this;
      }
      this.server.socket.write(message);
    });
  }
}

const framed = (type: string, body: string): Buffer => {
  const payload = Buffer.from(body);
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(payload.length + 4, 1);
  return Buffer.concat([head, payload]);
};

const startup = (parameters: Record<string, string>): Buffer => {
  const body = Buffer.from(`${Object.entries(parameters).flat().join('\0')}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(PROTOCOL_3, 4);
  return Buffer.concat([head, body]);
};

/** Cuts a stream into messages: a type (not in the first ones of a client), a length, a body. */
const splitter = (typed: boolean, onMessage: (type: string, message: Buffer) => void) => {
  const offset = typed ? 1 : 0;
  let rest = Buffer.alloc(0);
  return (chunk: Buffer): void => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= offset + 4) {
      const length = offset + rest.readInt32BE(offset);
      if (rest.length < length) return;
      const message = rest.subarray(0, length);
      rest = rest.subarray(length);
      onMessage(typed ? String.fromCharCode(message[0] as number) : '', message);
    }
  };
};
