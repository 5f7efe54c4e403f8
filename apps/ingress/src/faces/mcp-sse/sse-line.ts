import type { SseStream } from '#libs/mcp-http';
import type { Line } from '../connection/line.js';
import { OrderedOutlet } from '../connection/ordered-outlet.js';

/** All messages of a connection on one event stream. */
export class SseLine implements Line {
  private readonly outlet: OrderedOutlet;

  constructor(private readonly stream: SseStream) {
    this.outlet = new OrderedOutlet((message) => stream.send(message));
  }

  get backlogChars(): number {
    return this.outlet.backlogChars;
  }

  send(message: string): void | Promise<void> {
    return this.outlet.send(message);
  }

  end(): void {
    this.stream.end();
  }
}
