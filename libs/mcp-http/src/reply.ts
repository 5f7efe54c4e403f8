import type { JsonParts } from '#libs/mcp';
import type { SharedAnswer } from './compressed-answer.js';

/** Where the answer to one request goes, message by message. */
export interface Reply {
  /** False where a single JSON answer is all the client can take. */
  readonly streams: boolean;
  /** What its client finds the request by; said with the answer where the protocol has a place for it. */
  correlate(correlationId: string): void;
  /** From here on every failure is an answer like any other, and it may take a while: the client is kept waiting. */
  underWay(): void;
  /** Of the answer, once there is one. */
  readonly answerBytes: number;
  /** The request waits for its turn elsewhere, where what waits is limited: here it holds no place meanwhile. */
  waits(): void;
  /** It has waited, for what limits nothing that comes after: it takes its place again. Throws `http.overloaded`. */
  goesOn(): void;
  /** A notification ahead of the answer. Answers a promise while the client has to catch up. */
  send(message: string): void | Promise<void>;
  /** A request to the client, who may take as long as a person thinks. */
  ask(message: string): void;
  /** The answer. The status counts only where nothing has been sent yet. */
  /** `shared`: the same in two parts, in another order of members, where the first is kept compressed. */
  finish(
    message: JsonParts,
    httpStatus: number,
    headers?: Readonly<Record<string, string>>,
    shared?: SharedAnswer,
  ): void;
  /** From now on it stays open for as long as the client likes. */
  hold(): void;
  /** Nothing comes for so long: a client that can resume need not keep its connection. */
  pause(retryMs: number): void;
  /** There will be no answer: the client has cancelled. */
  abandon(): void;
  /** Resolves when what was said has left, or its client has; `null` when it has already. */
  unsent(): Promise<void> | null;
}
