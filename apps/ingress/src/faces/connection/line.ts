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
