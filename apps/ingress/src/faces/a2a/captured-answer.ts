import { type JsonParts, joined } from '#libs/mcp';
import type { Reply } from '#libs/mcp-http';
import { bytesHeld } from '#libs/resilience';

/** What a request came to. */
export interface Captured {
  /** JSON-RPC. */
  readonly text: string;
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Keeps the answer to one request of the gateway's own. */
export class CapturedAnswer implements Reply {
  readonly streams = false;
  answerBytes = 0;
  private readonly answered = Promise.withResolvers<Captured>();

  get answer(): Promise<Captured> {
    return this.answered.promise;
  }

  finish(message: JsonParts, httpStatus: number, headers: Readonly<Record<string, string>> = {}): void {
    const text = joined(message);
    this.answerBytes = bytesHeld(text);
    this.answered.resolve({ text, httpStatus, headers });
  }

  underWay(): void {}
  waits(): void {}
  goesOn(): void {}
  send(): void {}
  ask(): void {}
  hold(): void {}
  pause(): void {}
  correlate(): void {}

  abandon(): void {
    this.finish('{"error":{"code":-32603,"message":"Cancelled"}}', 200);
  }

  unsent(): null {
    return null;
  }
}
