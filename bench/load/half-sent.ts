import { connect, type Socket } from 'node:net';

/** After which a request that was cut off is there again. */
const AGAIN_MS = 1_000;

/** Requests without a token that never come to their end, always so many of them: a head, and one byte of a hundred. */
export class HalfSent {
  /** How many were cut off by the other side. */
  cut = 0;
  private readonly sockets = new Set<Socket>();
  private isStopping = false;

  constructor(
    private readonly url: URL,
    count: number,
  ) {
    for (let number = 0; number < count; number++) this.open();
  }

  stop(): void {
    this.isStopping = true;
    for (const socket of this.sockets) socket.destroy();
  }

  private open(): void {
    if (this.isStopping) return;
    const { hostname, port, pathname, host } = this.url;
    const socket = connect(Number(port), hostname);
    this.sockets.add(socket);
    socket.write(
      `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: 100\r\n\r\n{`,
    );
    socket.on('error', () => {});
    socket.resume();
    socket.once('close', () => {
      this.sockets.delete(socket);
      if (this.isStopping) return;
      this.cut++;
      setTimeout(() => this.open(), AGAIN_MS).unref();
    });
  }
}
