/** Where the answer to one request goes, message by message. */
export interface Reply {
  /** False where a single JSON answer is all the client can take. */
  readonly streams: boolean;
  /** A message ahead of the answer. Answers a promise while the client has to catch up. */
  send(message: string): void | Promise<void>;
  /** The answer. The status counts only where nothing has been sent yet. */
  finish(message: string, httpStatus: number, headers?: Readonly<Record<string, string>>): void;
  /** From now on it may take as long as a person thinks. */
  hold(): void;
  /** There will be no answer: the client has cancelled. */
  abandon(): void;
}
