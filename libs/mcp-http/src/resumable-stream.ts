/**
 * The store behind one event stream that its client can resume. Each entry has an id; the client names the last one it
 * has received when it comes back. `announce` is set when nobody reads the stream at present: whoever resumes it is told
 * that an entry has come.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
 */
export interface ResumableStream {
  /** Whether the stream begins with an event that holds an id alone (since 2025-11-25). */
  readonly primes: boolean;
  /** Resolves when everything appended so far is stored, or is known never to be. */
  readonly written: Promise<void>;
  /** Called when the client resumes the stream on another connection. */
  onResumedElsewhere: (() => void) | undefined;
  /** Begins the stream, once; answers the id that every entry comes after. */
  start(): string;
  /** Answers the id, or `undefined` for a notification that is too large or too many to be stored. */
  appendNotification(message: string, announce: boolean): string | undefined;
  append(message: string, announce: boolean): string;
  /** Appends the answer, which ends the stream. */
  appendLast(message: string, announce: boolean): string;
  /** Ends the stream without an answer. */
  close(): void;
  /** Whether everything appended so far is stored. */
  isStored(): Promise<boolean>;
  /** Leaves a request to the client for another stream of its session. */
  enqueueRequest(message: string): void;
}
