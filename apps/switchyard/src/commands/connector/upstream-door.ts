import { randomBytes } from 'node:crypto';
import { Agent, type Dispatcher } from 'undici';
import { onwardHeaders } from '#libs/connector';
import { ExposedServer } from '../expose/exposed-server.js';
import type { UpstreamTarget } from './upstream-target.js';

const CONNECT_MS = 5_000;
const REDIRECTS_MAX = 3;
const REDIRECT_BYTES_MAX = 65_536;

/** An HTTP request that came through the gateway. */
export interface DoorRequest {
  readonly method: string;
  /** Without the `?`; empty: none. */
  readonly query: string;
  readonly headers: readonly string[];
  readonly body: Dispatcher.DispatchOptions['body'];
  readonly signal: AbortSignal;
}

/** The way to one upstream of this place: its URL, or its program behind a door of its own. */
export class UpstreamDoor {
  private readonly agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: CONNECT_MS } });

  private constructor(
    private url: URL,
    /** Stand in the place of those that the gateway sends. */
    private readonly headers: Readonly<Record<string, string>>,
    private readonly program: ExposedServer | null,
  ) {}

  static async open(
    name: string,
    target: UpstreamTarget,
    env: Readonly<Record<string, string | undefined>>,
    log: (line: string) => void,
  ): Promise<UpstreamDoor> {
    if (target.kind === 'http') return new UpstreamDoor(target.url, target.headers, null);
    const token = randomBytes(32).toString('base64url');
    const { command, args, cwd } = target;
    const program = new ExposedServer({
      program: { command, args, env: { ...env, ...target.env }, cwd },
      host: '127.0.0.1',
      port: 0,
      allowedHosts: [],
      token,
      log: (line) => log(`${name}: ${line}`),
    });
    return new UpstreamDoor(new URL(await program.start()), { authorization: `Bearer ${token}` }, program);
  }

  /**
   * Asks the upstream, at its own URL. Where it says to use another path of the same origin (307, 308), that is used from
   * then on; a body that has been sent piece by piece is not there to be sent again, and the redirect is the answer.
   */
  async request(asked: DoorRequest): Promise<Dispatcher.ResponseData> {
    const { body } = asked;
    const isRepeatable = body === null || body === undefined || Buffer.isBuffer(body);
    for (let redirects = 0; ; redirects++) {
      const { url } = this;
      const response = await this.send(url, asked);
      const { statusCode, headers } = response;
      if (redirects >= REDIRECTS_MAX || !this.follow(url, statusCode, [headers['location']].flat()[0])) return response;
      if (!isRepeatable) return response;
      await response.body.dump({ limit: REDIRECT_BYTES_MAX, signal: asked.signal });
    }
  }

  private send(to: URL, { method, query, headers, body, signal }: DoorRequest): Promise<Dispatcher.ResponseData> {
    const url = new URL(to);
    if (query !== '') url.search = url.search === '' ? query : `${url.search.slice(1)}&${query}`;
    const own = new Set(Object.keys(this.headers));
    const sent = onwardHeaders(headers).filter((_, index, all) => !own.has(all[index - (index % 2)] ?? ''));
    sent.push(...Object.entries(this.headers).flat());
    return this.agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: method as Dispatcher.HttpMethod,
      headers: sent,
      body: body ?? null,
      signal,
    });
  }

  /** What is presented to one origin is never sent to another. */
  private follow(from: URL, status: number, location: string | undefined): boolean {
    if (status !== 307 && status !== 308) return false;
    const next = URL.parse(location ?? '', from.href);
    if (next === null || next.origin !== from.origin || next.pathname === from.pathname) return false;
    // The query is the request's own.
    next.search = from.search;
    next.hash = '';
    this.url = next;
    return true;
  }

  async close(): Promise<void> {
    await this.program?.stop();
    await this.agent.destroy();
  }
}
