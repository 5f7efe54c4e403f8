import { type JsonParts, joined } from '#libs/mcp';
import type { Reply } from '#libs/mcp-http';
import { bytesHeld } from '#libs/resilience';

/** Why a connection ends from this side. */
export type LineEnd = 'stopping' | 'unauthorised' | 'session-ended';

/** What messages go out on to a client that keeps one connection for all of them: an event stream or a WebSocket. */
export interface Line {
  /** Of messages that the client has yet to take. */
  readonly backlogChars: number;
  /** In order. Answers a promise while the client has to catch up. */
  send(message: string): void | Promise<void>;
  end(why: LineEnd): void;
}

/** The answer to one request of many on the same connection; its id tells the client which. */
export class LineReply implements Reply {
  readonly streams = true;
  answerBytes = 0;
  private done = false;
  private sending: Promise<void> | null = null;

  constructor(
    private readonly line: Line,
    /** Called once, before the answer leaves; a session that the answer opens has its id in the headers. */
    private readonly settled: (headers: Readonly<Record<string, string>>) => void,
  ) {}

  correlate(): void {
    // What goes out on the connection has no headers.
  }

  underWay(): void {
    // The connection is kept alive anyway.
  }

  waits(): void {
    // A connection holds no place.
  }

  goesOn(): void {
    // As above.
  }

  send(message: string): void | Promise<void> {
    if (!this.done) return this.line.send(message);
  }

  ask(message: string): void {
    void this.send(message);
  }

  finish(json: JsonParts, _httpStatus: number, headers: Readonly<Record<string, string>> = {}): void {
    if (this.done) return;
    this.done = true;
    this.settled(headers);
    const message = joined(json);
    this.answerBytes = bytesHeld(message);
    this.sending = this.line.send(message) ?? null;
  }

  hold(): void {
    // The connection stays open anyway, and holds no place.
  }

  pause(): void {
    // It carries everything else, too.
  }

  unsent(): Promise<void> | null {
    return this.sending;
  }

  abandon(): void {
    if (this.done) return;
    this.done = true;
    this.settled({});
  }
}
