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
  private rest: Buffer = Buffer.alloc(0);
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
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const headEnd = this.rest.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.rest.toString('latin1', 0, headEnd);
    const bodyStart = headEnd + HEAD_END.length;
    const body = this.bodyOf(head, bodyStart);
    if (body === null) return;
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.resolve({ status: Number(head.slice(9, 12)), head, body });
  }

  /** The whole body, taken out of what has arrived; null while some of it is missing. */
  private bodyOf(head: string, start: number): string | null {
    const length = headerOf(head, 'content-length');
    if (length !== null) {
      const end = start + Number(length);
      return this.rest.length < end ? null : this.take(start, end);
    }
    if (headerOf(head, 'transfer-encoding') !== 'chunked') return this.take(start, start);
    const pieces: Buffer[] = [];
    for (let at = start; ; ) {
      const lineEnd = this.rest.indexOf('\r\n', at);
      if (lineEnd < 0) return null;
      const size = Number.parseInt(this.rest.toString('latin1', at, lineEnd), 16);
      const next = lineEnd + 2 + size + 2;
      if (this.rest.length < next) return null;
      if (size === 0) {
        this.rest = this.rest.subarray(next);
        return Buffer.concat(pieces).toString();
      }
      pieces.push(this.rest.subarray(lineEnd + 2, lineEnd + 2 + size));
      at = next;
    }
  }

  private take(start: number, end: number): string {
    const body = this.rest.toString('utf8', start, end);
    this.rest = this.rest.subarray(end);
    return body;
  }
}

/** `name` in lower case. */
export const headerOf = (head: string, name: string): string | null => {
  const at = head.toLowerCase().indexOf(`\r\n${name}:`);
  if (at < 0) return null;
  const end = head.indexOf('\r\n', at + 2);
  return head.slice(at + name.length + 3, end < 0 ? undefined : end).trim();
};
