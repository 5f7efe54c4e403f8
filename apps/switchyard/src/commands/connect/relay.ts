/** Carries the messages of one client on stdio to a server elsewhere, whatever that speaks. */
export interface Relay {
  /** Requests that wait for their answer. */
  readonly waiting: number;
  /** Resolves when the next message may follow; a request's answer comes by itself, later. Never rejects. */
  take(text: string): Promise<void>;
  close(): Promise<void>;
}

export interface RelayOutput {
  /** A message for the client. */
  readonly emit: (message: string) => void;
  /** A line for whoever looks at the log. */
  readonly log: (line: string) => void;
}

/** The events of a server may be this long. */
export const EVENT_BYTES_MAX = 64 * 1024 * 1024;
