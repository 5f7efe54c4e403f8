import { setTimeout as sleep } from 'node:timers/promises';
import { encodeHeaderValue, HEADER_MISMATCH } from '#libs/mcp';
import { ParamMirrors } from './param-mirrors.js';
import type { Relay, RelayOutput } from './relay.js';
import {
  type RelayedMessage,
  claimedRevision,
  failureOf,
  isRequest,
  readRelayed,
} from '../../messages/relayed-message.js';
import {
  EVENT_STREAM,
  type ServerAnswer,
  ServerConnection,
  type StreamPlace,
  contentType,
  headerOf,
  readEvents,
  reasonOf,
} from './server-connection.js';

interface Session {
  readonly id: string | null;
  readonly revision: string | null;
}

interface Sent {
  readonly message: RelayedMessage;
  readonly text: string;
  readonly revision: string | null;
  readonly abort: AbortController;
}

const NAMED_BY: ReadonlyMap<unknown, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
]);
const OTHER_TRANSPORT = new Set([400, 404, 405]);
const LIST_PAGES_MAX = 100;
const RETRY_MS = 1_000;
const RETRY_MAX_MS = 30_000;
const RETRY_MIN_MS = 100;
/** Of a stream that brings nothing new and ends without saying when to come back. */
const RESUMES_MAX = 5;
const DELIVERY_MS = 10_000;
const FAREWELL_MS = 1_000;

/**
 * To a server on Streamable HTTP, of either era. What the client says of its session once, the server wants to hear with
 * every message; what it says in each message's envelope, the server wants in headers as well.
 */
export class HttpRelay implements Relay {
  private readonly inHand = new Map<string, Sent>();
  private readonly mirrors = new ParamMirrors();
  private readonly closing = new AbortController();
  private session: Session | null = null;
  private greeting: Sent | null = null;
  private listening = false;

  constructor(
    private readonly server: ServerConnection,
    private readonly output: RelayOutput,
    /** Asked when the server takes no `initialize` by POST: true when the message went another way. */
    private readonly elsewhere: (text: string) => Promise<boolean>,
  ) {}

  get waiting(): number {
    return this.inHand.size;
  }

  async take(text: string): Promise<void> {
    const message = readRelayed(text);
    if (message === null || !isRequest(message)) return this.deliver(text, message);
    const sent = { message, text, revision: claimedRevision(message), abort: new AbortController() };
    const key = JSON.stringify(message.id);
    this.inHand.set(key, sent);
    const asked = this.ask(sent)
      .catch((error: unknown) => {
        if (!sent.abort.signal.aborted) this.fail(sent, `The server cannot be reached: ${reasonOf(error)}`);
      })
      .finally(() => this.inHand.delete(key));
    if (message.method === 'initialize') await asked;
  }

  async close(): Promise<void> {
    this.closing.abort();
    for (const { abort } of this.inHand.values()) abort.abort();
    if (this.session?.id) {
      const farewell = this.server.delete(this.sessionHeaders(), AbortSignal.timeout(FAREWELL_MS));
      await farewell.then(({ body }) => body.dump()).catch(() => {});
    }
    await this.server.close();
  }

  /** A notification or a response. */
  private async deliver(text: string, message: RelayedMessage | null): Promise<void> {
    if (message?.method === 'notifications/cancelled' && this.cancel(message)) return;
    const headers =
      this.session === null && message !== null ? this.envelopeHeaders(message, text) : this.sessionHeaders();
    try {
      const answer = await this.server.post(this.server.url, text, headers, AbortSignal.timeout(DELIVERY_MS));
      if (answer.statusCode >= 400) this.output.log(`the server answered a message with ${answer.statusCode}`);
      await answer.body.dump();
    } catch (error) {
      this.output.log(`a message could not be delivered: ${reasonOf(error)}`);
    }
    if (message?.method === 'notifications/initialized') this.listen();
  }

  /** Without sessions, to cancel is to hang up. True when that was all. */
  private cancel({ params }: RelayedMessage): boolean {
    const sent = this.inHand.get(JSON.stringify(params?.['requestId']));
    if (sent === undefined || sent.revision === null) return false;
    sent.abort.abort();
    return true;
  }

  private async ask(sent: Sent): Promise<void> {
    const greets = sent.message.method === 'initialize' && sent.revision === null;
    if (greets) {
      this.session = null;
      this.greeting = sent;
    }
    const answer = await this.postInSession(sent);
    if (greets && answer.statusCode < 300) this.session = { id: headerOf(answer, 'mcp-session-id'), revision: null };
    if (contentType(answer) === EVENT_STREAM) return this.follow(sent, answer);
    const text = await answer.body.text();
    const received = readRelayed(text);
    if (received?.error?.code === HEADER_MISMATCH && (await this.learnTools(sent))) return this.again(sent);
    if (greets && knowsNoPost(answer, received) && (await this.elsewhere(sent.text))) return;
    if (received !== null && (received.result ?? received.error) !== undefined)
      return this.settle(sent, text, received);
    this.fail(sent, `The server answered with status ${answer.statusCode}`);
  }

  /** A session that the server has lost is opened anew first. */
  private async postInSession(sent: Sent): Promise<ServerAnswer> {
    const answer = await this.post(sent);
    const isLost = answer.statusCode === 404 && this.session?.id && sent.revision === null;
    if (!isLost || !(await this.renew())) return answer;
    await answer.body.dump();
    return this.post(sent);
  }

  private async again(sent: Sent): Promise<void> {
    const answer = await this.post(sent);
    if (contentType(answer) === EVENT_STREAM) return this.follow(sent, answer);
    const text = await answer.body.text();
    const received = readRelayed(text);
    if (received === null) this.fail(sent, `The server answered with status ${answer.statusCode}`);
    else this.settle(sent, text, received);
  }

  private post({ message, text, revision, abort }: Sent): Promise<ServerAnswer> {
    const headers = revision === null ? this.sessionHeaders() : this.envelopeHeaders(message, text);
    return this.server.post(this.server.url, text, headers, abort.signal);
  }

  private sessionHeaders(): Record<string, string> {
    const { id = null, revision = null } = this.session ?? {};
    return {
      ...(id !== null && { 'mcp-session-id': id }),
      ...(revision !== null && { 'mcp-protocol-version': revision }),
    };
  }

  private envelopeHeaders(message: RelayedMessage, text: string): Record<string, string> {
    const revision = claimedRevision(message);
    if (revision === null || typeof message.method !== 'string') return {};
    const headers: Record<string, string> = { 'mcp-protocol-version': revision, 'mcp-method': message.method };
    const name = message.params?.[NAMED_BY.get(message.method) ?? ''];
    if (typeof name !== 'string') return headers;
    headers['mcp-name'] = encodeHeaderValue(name);
    return message.method === 'tools/call' ? { ...headers, ...this.mirrors.headersFor(name, text) } : headers;
  }

  /** The answer to `sent`. */
  private settle(sent: Sent, text: string, received: RelayedMessage): void {
    if (sent.message.method === 'tools/list' && sent.revision !== null) this.mirrors.learn(received);
    if (sent === this.greeting && this.session !== null) {
      const revision = received.result?.['protocolVersion'];
      this.session = { ...this.session, revision: typeof revision === 'string' ? revision : null };
    }
    // A refusal may lack the id when the server could not read it.
    const known = received.id !== undefined && received.id !== null;
    this.output.emit(known ? text : JSON.stringify({ ...received, id: sent.message.id }));
  }

  /** Passes on what comes, goes on elsewhere when the stream breaks off, until there is the answer. */
  private async follow(sent: Sent, first: ServerAnswer): Promise<void> {
    const { id } = sent.message;
    const seen = { answer: false };
    const pass = (_: string, data: string): void => {
      const received = data === '' ? null : readRelayed(data);
      if (received === null) return;
      const isAnswer = received.method === undefined && received.id === id;
      seen.answer ||= isAnswer;
      if (isAnswer) this.settle(sent, data, received);
      else this.output.emit(data);
    };
    let place: StreamPlace = await readEvents(first, pass);
    for (let tries = 0; !seen.answer && !sent.abort.signal.aborted; tries++) {
      const { lastEventId, retryMs } = place;
      if (lastEventId === undefined || sent.revision !== null || tries === RESUMES_MAX) {
        return this.fail(sent, 'The server ended the stream without an answer');
      }
      await sleep(Math.max(retryMs ?? RETRY_MS, RETRY_MIN_MS), undefined, { signal: sent.abort.signal });
      const answer = await this.server.get(
        { ...this.sessionHeaders(), 'last-event-id': lastEventId },
        sent.abort.signal,
      );
      if (contentType(answer) !== EVENT_STREAM) return this.fail(sent, 'The server does not go on with the stream');
      const next = await readEvents(answer, pass);
      if (next.lastEventId !== undefined) {
        if (next.lastEventId !== lastEventId || next.retryMs !== undefined) tries = 0;
        place = next;
      }
    }
  }

  /** What the server says of itself, for as long as there is a session. */
  private listen(): void {
    if (this.listening) return;
    this.listening = true;
    const listening = async (): Promise<void> => {
      let place: StreamPlace = { lastEventId: undefined, retryMs: undefined };
      for (let pauseMs = RETRY_MS; !this.closing.signal.aborted; ) {
        const { lastEventId } = place;
        const answer = await this.server
          .get(
            { ...this.sessionHeaders(), ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
            this.closing.signal,
          )
          .catch(() => null);
        if (answer !== null && contentType(answer) === EVENT_STREAM) {
          place = await readEvents(answer, (_, data) => data !== '' && this.output.emit(data));
          pauseMs = RETRY_MS;
        } else {
          await answer?.body.dump();
          // 405: it has nothing to say. Any other refusal is about this session, which the next request mends.
          if (answer !== null && answer.statusCode < 500) return;
          pauseMs = Math.min(pauseMs * 2, RETRY_MAX_MS);
        }
        await sleep(place.retryMs ?? pauseMs, undefined, { signal: this.closing.signal });
      }
    };
    listening()
      .catch(() => {})
      .finally(() => {
        this.listening = false;
      });
  }

  /** The server has lost the session, which the client cannot know: it is opened anew, as the client opened it. */
  private async renew(): Promise<boolean> {
    const { greeting } = this;
    if (greeting === null) return false;
    const lost = this.session;
    this.session = null;
    const answer = await this.server.post(this.server.url, greeting.text, {}, this.closing.signal);
    if (answer.statusCode >= 300) {
      await answer.body.dump();
      this.session = lost;
      return false;
    }
    const id = headerOf(answer, 'mcp-session-id');
    let revision = lost?.revision ?? null;
    const note = (text: string): void => {
      const told = readRelayed(text)?.result?.['protocolVersion'];
      if (typeof told === 'string') revision = told;
    };
    if (contentType(answer) === EVENT_STREAM) await readEvents(answer, (_, data) => note(data));
    else note(await answer.body.text());
    this.session = { id, revision };
    this.output.log('the server had lost the session; it is open again');
    await this.deliver('{"jsonrpc":"2.0","method":"notifications/initialized"}', {
      method: 'notifications/initialized',
    });
    return true;
  }

  /** The server wants arguments of this tool in headers: its definition says which. */
  private async learnTools({ message, abort }: Sent): Promise<boolean> {
    if (message.method !== 'tools/call') return false;
    const _meta = { ...message.params?._meta };
    delete _meta['progressToken'];
    let cursor: unknown;
    for (let page = 0; page < LIST_PAGES_MAX; page++) {
      const params = { _meta, ...(cursor !== undefined && { cursor }) };
      const list: RelayedMessage = { id: 'tools', method: 'tools/list', params };
      const text = JSON.stringify({ jsonrpc: '2.0', ...list });
      const answer = await this.server.post(this.server.url, text, this.envelopeHeaders(list, text), abort.signal);
      let received: RelayedMessage | null = null;
      if (contentType(answer) === EVENT_STREAM) {
        await readEvents(answer, (_, data) => {
          received = readRelayed(data) ?? received;
        });
      } else received = readRelayed(await answer.body.text());
      if (received === null || (received as RelayedMessage).result === undefined) return false;
      this.mirrors.learn(received);
      cursor = (received as RelayedMessage).result?.['nextCursor'];
      if (cursor === undefined) break;
    }
    return true;
  }

  private fail({ message }: Sent, reason: string): void {
    this.output.log(reason);
    this.output.emit(failureOf(message.id, reason));
  }
}

/** https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#backwards-compatibility */
const knowsNoPost = ({ statusCode }: ServerAnswer, received: RelayedMessage | null): boolean =>
  OTHER_TRANSPORT.has(statusCode) && (received?.id === undefined || received.id === null);
