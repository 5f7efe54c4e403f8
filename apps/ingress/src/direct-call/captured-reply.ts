import { type JsonParts, joined } from '#libs/mcp';
import type { Reply } from '#libs/mcp-http';
import { bytesHeld } from '#libs/resilience';

const NOTIFICATIONS_MAX = 200;
const NOTIFICATION_CHARS_MAX = 65_536;

/** Keeps the answer to one request, and what came before it, for who wants them as values. */
export class CapturedReply implements Reply {
  readonly streams = true;
  answerBytes = 0;
  private readonly notes: string[] = [];
  private chars = 0;
  private readonly answered = Promise.withResolvers<string | null>();

  /** JSON-RPC notifications, the first ones. */
  get notifications(): readonly string[] {
    return this.notes;
  }

  /** The JSON-RPC response; `null` where the call was cancelled. */
  get answer(): Promise<string | null> {
    return this.answered.promise;
  }

  correlate(): void {
    // The request of the REST API has its own.
  }

  underWay(): void {
    // Whoever waits for it has one answer, which keeps for itself.
  }

  waits(): void {
    // It keeps its place among the requests of the REST API.
  }

  goesOn(): void {
    // As above.
  }

  send(message: string): void {
    this.chars += message.length;
    if (this.notes.length < NOTIFICATIONS_MAX && this.chars <= NOTIFICATION_CHARS_MAX) this.notes.push(message);
  }

  ask(): void {
    // In the revision that is spoken here what is wanted of the client is in the answer.
  }

  finish(message: JsonParts): void {
    const text = joined(message);
    this.answerBytes = bytesHeld(text);
    this.answered.resolve(text);
  }

  hold(): void {
    // A call is no stream.
  }

  pause(): void {
    // As above.
  }

  abandon(): void {
    this.answered.resolve(null);
  }

  unsent(): null {
    return null;
  }
}
