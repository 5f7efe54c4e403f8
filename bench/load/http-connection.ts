import { once } from 'node:events';
import net from 'node:net';

export interface HttpAnswer {
  readonly status: number;
  /** As it came; `headerOf` looks things up in it. */
  readonly head: string;
  readonly body: string;
}

const HEAD_END = '\r\n\r\n';

/**
 * One keep-alive connection, one request at a time. By hand, because a general client would cost more than what is
 * measured, on a machine that both share.
 */
export class HttpConnection {
  private received: Buffer[] = [];
  private size = 0;
  /** Bytes before which it is no use to look again. */
  private needed = 0;
  private waiting: { resolve: (answer: HttpAnswer) => void; reject: (error: Error) => void } | undefined;

  private constructor(private readonly socket: net.Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('the connection was closed')));
  }

  static async open(host: string, port: number): Promise<HttpConnection> {
    const socket = net.connect({ host, port });
    await once(socket, 'connect');
    return new HttpConnection(socket);
  }

  send(request: string): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.write(request);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private fail(error: Error): void {
    this.waiting?.reject(error);
    this.waiting = undefined;
  }

  private receive(chunk: Buffer): void {
    this.received.push(chunk);
    this.size += chunk.length;
    if (this.size < this.needed) return;
    const data = this.received.length === 1 ? chunk : Buffer.concat(this.received, this.size);
    this.needed = 0;
    const answer = this.answerIn(data);
    if (answer === null) return this.keep(data);
    this.keep(data.subarray(answer.end));
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.resolve(answer);
  }

  private keep(data: Buffer): void {
    this.received = data.length === 0 ? [] : [data];
    this.size = data.length;
  }

  /** The answer that `data` begins with; null while some of it is missing. */
  private answerIn(data: Buffer): (HttpAnswer & { readonly end: number }) | null {
    const headEnd = data.indexOf(HEAD_END);
    if (headEnd < 0) return null;
    const head = data.toString('latin1', 0, headEnd);
    const status = Number(head.slice(9, 12));
    const start = headEnd + HEAD_END.length;
    if (headerOf(head, 'transfer-encoding') === 'chunked') {
      const chunks = chunksFrom(data, start);
      return chunks && { status, head, body: chunks.body, end: chunks.end };
    }
    const end = start + Number(headerOf(head, 'content-length') ?? 0);
    if (data.length < end) {
      this.needed = end;
      return null;
    }
    return { status, head, body: data.toString('utf8', start, end), end };
  }
}

const chunksFrom = (data: Buffer, start: number): { readonly body: string; readonly end: number } | null => {
  const pieces: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = data.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(data.toString('latin1', at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (data.length < next) return null;
    if (size === 0) return { body: Buffer.concat(pieces).toString(), end: next };
    pieces.push(data.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
};

/** `name` in lower case. */
export const headerOf = (head: string, name: string): string | null => {
  const at = head.toLowerCase().indexOf(`\r\n${name}:`);
  if (at < 0) return null;
  const end = head.indexOf('\r\n', at + 2);
  return head.slice(at + name.length + 3, end < 0 ? undefined : end).trim();
};
