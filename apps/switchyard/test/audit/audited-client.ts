import { randomBytes } from 'node:crypto';

/** One request that was answered well, by its route in the OpenAPI document. */
export interface SentRequest {
  readonly route: string;
  readonly traceId: string;
  /** The action that its record must name; null: one that nobody acts in, such as a log-in. */
  readonly action: string;
}

export interface Sending {
  /** `null`: none is shown. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
}

// oxlint-disable-next-line typescript/no-explicit-any -- looked into by whoever asked
type Answer = any;

/** Sends requests of REST, each in a trace of its own, and notes which. */
export class AuditedClient {
  readonly sent: SentRequest[] = [];
  /** What the last answer has set. */
  cookie = '';

  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  /** `route`: method and path as the document has them, without the version. Throws for an answer that is no success. */
  async send(
    route: string,
    action: string,
    { token = this.token, headers = {}, params = {}, query, body }: Sending = {},
  ): Promise<Answer> {
    const traceId = randomBytes(16).toString('hex');
    const [method = '', template = ''] = route.split(' ');
    const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
    const response = await fetch(`${this.url}/v1${path}${query === undefined ? '' : `?${query}`}`, {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...headers,
        traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${route}: ${response.status} ${text}`);
    [this.cookie = ''] = (response.headers.getSetCookie()[0] ?? '').split(';', 1);
    this.sent.push({ route: `${method} ${template}`, traceId, action });
    return text === '' ? undefined : JSON.parse(text);
  }
}
