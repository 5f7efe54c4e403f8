import { maskText } from '#libs/telemetry';
import { CommandFailure, Refused, Unreachable } from '../terminal/failure.js';

/** The longest a registration may take. */
const TIMEOUT_MS = 120_000;

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

interface Failure {
  readonly detail?: string;
  readonly code?: string;
}

/** The REST API of a gateway, as whoever shows the token. What goes wrong is a sentence with the next step. */
export class Rest {
  constructor(
    /** Without a slash at its end. */
    readonly url: string,
    readonly token: string,
  ) {}

  get<Answer>(path: string, query: Query = {}): Promise<Answer> {
    return this.ask('GET', `${path}${searchOf(query)}`);
  }

  post<Answer>(path: string, body?: unknown): Promise<Answer> {
    return this.ask('POST', path, body);
  }

  put<Answer>(path: string, body: unknown): Promise<Answer> {
    return this.ask('PUT', path, body);
  }

  patch<Answer>(path: string, body: unknown): Promise<Answer> {
    return this.ask('PATCH', path, body);
  }

  delete<Answer>(path: string): Promise<Answer> {
    return this.ask('DELETE', path);
  }

  /** The answer, whose body is not read yet. Rejects with `Unreachable`, `Refused` or `CommandFailure`. */
  async open(path: string, init: RequestInit = {}): Promise<Response> {
    const { headers, ...rest } = init;
    let response: Response;
    try {
      response = await fetch(`${this.url}${path}`, {
        ...rest,
        headers: { authorization: `Bearer ${this.token}`, ...(headers as Record<string, string>) },
      });
    } catch (error) {
      throw unanswered(this.url, error);
    }
    if (response.ok) return response;
    throw await failureOf(response, `${init.method ?? 'GET'} ${path}`);
  }

  /** What the gateway is not ready for, by name: nothing where it is. */
  async whatIsNotReady(): Promise<Readonly<Record<string, string>>> {
    const response = await fetch(`${this.url}/ready`, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(
      (error: unknown) => {
        throw unanswered(this.url, error);
      },
    );
    const { reasons } = (await response.json()) as { readonly reasons?: Readonly<Record<string, string>> };
    return reasons ?? {};
  }

  private async ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await this.open(path, {
      method,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    return (text === '' ? null : JSON.parse(text)) as Answer;
  }
}

export const searchOf = (query: Query): string => {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [[name, String(value)] as [string, string]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
};

/** Of a request that got no answer. */
export const unanswered = (url: string, error: unknown): CommandFailure => {
  const { cause, name } = error as Error;
  if (name === 'TimeoutError') return new Unreachable(`${url} did not answer within ${TIMEOUT_MS / 1_000} s`, error);
  const { code, message } = (cause ?? error) as NodeJS.ErrnoException;
  return new Unreachable(
    `${url} does not answer (${code ?? maskText(message)}); is it running? See switchyard status, or doctor`,
    error,
  );
};

const failureOf = async (response: Response, asked: string): Promise<CommandFailure> => {
  const { detail } = await response.json().then(
    (answer) => (answer ?? {}) as Failure,
    (): Failure => ({}),
  );
  const said = detail ?? `${asked} was answered with ${response.status}`;
  switch (response.status) {
    case 401:
      return new Refused(`${said}; give another token by --token, SWITCHYARD_TOKEN or context add`);
    case 403:
      return new Refused(said);
    case 502:
    case 503:
    case 504:
      return new Unreachable(said);
    default:
      return new CommandFailure(said);
  }
};
