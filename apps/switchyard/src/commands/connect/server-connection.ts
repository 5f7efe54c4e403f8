import { Agent, type Dispatcher, request } from 'undici';
import { EventStreamReader, textOf } from '#libs/mcp';
import { EVENT_BYTES_MAX } from './relay.js';

export type ServerAnswer = Dispatcher.ResponseData;
type Headers = Readonly<Record<string, string>>;

const JSON_TYPE = 'application/json';
export const EVENT_STREAM = 'text/event-stream';

/** HTTP to one server, for answers that may take as long as they like. */
export class ServerConnection {
  private readonly agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, allowH2: false });

  constructor(
    readonly url: URL,
    private readonly headers: Headers,
  ) {}

  post(url: URL, body: string, headers: Headers = {}, signal?: AbortSignal): Promise<ServerAnswer> {
    const accept = `${JSON_TYPE}, ${EVENT_STREAM}`;
    return this.request(url, 'POST', { 'content-type': JSON_TYPE, accept, ...headers }, signal, body);
  }

  get(headers: Headers, signal: AbortSignal): Promise<ServerAnswer> {
    return this.request(this.url, 'GET', { accept: EVENT_STREAM, ...headers }, signal);
  }

  delete(headers: Headers, signal: AbortSignal): Promise<ServerAnswer> {
    return this.request(this.url, 'DELETE', headers, signal);
  }

  /** Also ends what is still coming in. */
  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private request(
    url: URL,
    method: Dispatcher.HttpMethod,
    headers: Headers,
    signal?: AbortSignal,
    body?: string,
  ): Promise<ServerAnswer> {
    const options = { method, dispatcher: this.agent, headers: { ...this.headers, ...headers } };
    return request(url, { ...options, ...(signal && { signal }), ...(body !== undefined && { body }) });
  }
}

export const contentType = ({ headers }: ServerAnswer): string => {
  const value = headers['content-type'];
  return (typeof value === 'string' ? value : '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
};

export const headerOf = ({ headers }: ServerAnswer, name: string): string | null => {
  const value = headers[name];
  return typeof value === 'string' ? value : null;
};

export interface StreamPlace {
  readonly lastEventId: string | undefined;
  readonly retryMs: number | undefined;
}

/** Reads an event stream to its end, however it ends; answers where it stopped. */
export const readEvents = async (
  { body }: ServerAnswer,
  onEvent: (event: string, data: string) => void,
): Promise<StreamPlace> => {
  const reader = new EventStreamReader(({ event, data }) => onEvent(event, textOf(data)), {
    eventBytesMax: EVENT_BYTES_MAX,
  });
  try {
    for await (const chunk of body) reader.push(chunk as Buffer);
  } catch {
    // It broke off, which is for the caller to mend.
  }
  return reader;
};

/** What went wrong on the way, in words. */
export const reasonOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
};
