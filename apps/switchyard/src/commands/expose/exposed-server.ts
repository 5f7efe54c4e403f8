import { createHash, timingSafeEqual } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  BodyReader,
  type BodyReceiver,
  Heartbeat,
  HttpReply,
  OriginGuard,
  type ReplySettings,
  SseStream,
  acceptsEventStream,
  answerEmpty,
  answerJson,
  checkAccept,
  checkContentType,
  refusalAnswer,
} from '#libs/mcp-http';
import { type GatewayError, fail, toGatewayError } from '#libs/errors';
import { readCredential } from '#libs/identity';
import {
  type ClientRequest,
  MODERN_REVISION,
  checkLegacyVersion,
  eraOf,
  errorMessage,
  readBody,
  readRequestMeta,
  serverCodec,
  singleHeaderValue,
} from '#libs/mcp';
import type { ProgramCommand } from './child-program.js';
import { ExposedProgram } from './exposed-program.js';
import { ExposedSession } from './exposed-session.js';

export interface ExposedServerSettings {
  readonly program: ProgramCommand;
  readonly host: string;
  readonly port: number;
  /** Names besides those of loopback that a request may give as Host. */
  readonly allowedHosts: readonly string[];
  /** What clients have to bring; `null` where nobody but this machine can come. */
  readonly token: string | null;
  readonly log: (line: string) => void;
}

interface Post {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Whether the client takes an event stream for an answer. */
  readonly streams: boolean;
}

const KEEP_ALIVE_MS = 30_000;
const PATIENCE_MS = 1_000;
const BODY_BYTES_MAX = 4 * 1024 * 1024;
const BODY_BYTES_TOTAL = 64 * 1024 * 1024;
const SESSIONS_MAX = 64;
const SESSION_IDLE_MS = 30 * 60_000;
const SWEEP_MS = 60_000;

/** A program that speaks MCP on stdio, on Streamable HTTP: one process per session, one for all who need no session. */
export class ExposedServer implements BodyReceiver<Post> {
  private readonly server: Server;
  private readonly guard: OriginGuard;
  private readonly bodies = new BodyReader({ bytesMax: BODY_BYTES_MAX, totalMax: BODY_BYTES_TOTAL });
  private readonly heartbeat = new Heartbeat();
  private readonly reply: ReplySettings;
  private readonly sessions = new Map<string, ExposedSession>();
  private readonly program: ExposedProgram;
  private readonly sweep: NodeJS.Timeout;
  private readonly tokenDigest: Buffer | null;

  constructor(private readonly settings: ExposedServerSettings) {
    const { program, log, allowedHosts, host, token } = settings;
    this.guard = new OriginGuard([host, ...allowedHosts], []);
    this.reply = {
      heartbeat: this.heartbeat,
      keepAliveMs: KEEP_ALIVE_MS,
      releasePlace: () => {},
      lendPlace: () => {},
      takePlace: () => {},
      correlates: false,
      plainJson: true,
      waiting: this.heartbeat,
      patienceMs: PATIENCE_MS,
      compressor: null,
      pollAfterMs: null,
    };
    this.program = new ExposedProgram(program, (reason) => log(`the shared program: ${reason}`));
    this.tokenDigest = token === null ? null : digestOf(token);
    this.server = createServer((request, response) => this.handle(request, response));
    this.sweep = setInterval(() => this.endIdle(), SWEEP_MS);
    this.sweep.unref();
  }

  /** Answers the URL. */
  async start(): Promise<string> {
    const { host, port } = this.settings;
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ host, port }, resolve);
    });
    const shown = host.includes(':') ? `[${host}]` : host;
    return `http://${shown}:${(this.server.address() as AddressInfo).port}/mcp`;
  }

  async stop(): Promise<void> {
    clearInterval(this.sweep);
    this.server.close();
    await Promise.all([this.program.end(), ...[...this.sessions.values()].map((session) => session.end())]);
    this.server.closeAllConnections();
    this.heartbeat.close();
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => {});
    try {
      this.guard.check(request.headers);
      if (request.url?.split('?', 1)[0] !== '/mcp') throw fail('http.not_found');
      this.checkToken(request);
      if (request.method === 'POST') this.post(request, response);
      else if (request.method === 'GET') this.listen(request, response);
      else if (request.method === 'DELETE') this.delete(request, response);
      else throw fail('http.method_not_allowed');
    } catch (thrown) {
      this.refuse(request, response, thrown, null);
    }
  }

  private checkToken(request: IncomingMessage): void {
    if (this.tokenDigest === null) return;
    const credential = readCredential(request);
    if (credential === null) throw fail('auth.credential_missing');
    if (!timingSafeEqual(digestOf(credential), this.tokenDigest)) throw fail('auth.credential_invalid');
  }

  private post(request: IncomingMessage, response: ServerResponse): void {
    checkContentType(request.headers);
    this.bodies.read({ request, response, streams: checkAccept(request.headers) }, this);
  }

  /** Whoever brings the wrong token has been refused by now. */
  knows(): boolean {
    return true;
  }

  received({ request, response, streams }: Post, error: GatewayError | null, text: string): void {
    let idText: string | null = null;
    try {
      if (error !== null) throw error;
      const message = readBody(text);
      if (message.kind === 'request' || message.kind === 'invalid') ({ idText } = message);
      if (message.kind === 'invalid') throw message.error;
      if (message.kind === 'batch') throw fail('mcp.invalid_request', { message: 'Batches are not accepted here' });
      if (message.kind === 'request') {
        const reply = new HttpReply(response, this.reply, streams, null);
        return this.ask(message, text, request, response, reply);
      }
      if (message.kind === 'response' || eraOf(message, request.headers) === 'legacy')
        this.sessionOf(request).send(text);
      answerEmpty(response, 202);
    } catch (thrown) {
      this.refuse(request, response, thrown, idText);
    }
  }

  private ask(
    message: ClientRequest,
    text: string,
    request: IncomingMessage,
    response: ServerResponse,
    reply: HttpReply,
  ): void {
    try {
      if (eraOf(message, request.headers) === 'modern') {
        const codec = serverCodec(MODERN_REVISION);
        try {
          codec.readEnvelope(message, readRequestMeta(message.params), request.headers);
        } catch (thrown) {
          const { httpStatus, error } = codec.error(toGatewayError(thrown));
          return reply.finish(errorMessage(message.idText, error), httpStatus);
        }
        reply.underWay();
        const takeBack = this.program.ask(message, reply);
        response.once('close', () => response.writableFinished || takeBack());
        return;
      }
      const session = message.method === 'initialize' ? this.openSession(response) : this.sessionOf(request);
      reply.underWay();
      session.ask(message, text, reply);
    } catch (thrown) {
      const { httpStatus, text: refusal, headers } = refusalAnswer(thrown, message.idText);
      reply.finish(refusal, httpStatus, headers);
    }
  }

  private openSession(response: ServerResponse): ExposedSession {
    if (this.sessions.size >= SESSIONS_MAX) throw fail('http.overloaded', { message: 'Too many sessions are open' });
    const { program, log } = this.settings;
    const session: ExposedSession = new ExposedSession(program, (reason) => {
      if (this.sessions.delete(session.id)) log(`the program of a session: ${reason}`);
    });
    this.sessions.set(session.id, session);
    response.setHeader('Mcp-Session-Id', session.id);
    return session;
  }

  private sessionOf({ headers }: IncomingMessage): ExposedSession {
    checkLegacyVersion(headers);
    const id = singleHeaderValue(headers, 'mcp-session-id');
    if (id === undefined) throw fail('mcp.session_missing');
    const session = this.sessions.get(id);
    if (session === undefined) throw fail('mcp.session_unknown');
    return session;
  }

  private listen(request: IncomingMessage, response: ServerResponse): void {
    if (request.headers['mcp-session-id'] === undefined) throw fail('http.method_not_allowed');
    if (!acceptsEventStream(request.headers.accept ?? '*/*')) throw fail('http.not_acceptable');
    const session = this.sessionOf(request);
    const stream = new SseStream(response, this.reply, { 'mcp-session-id': session.id });
    stream.comment();
    session.listen(stream);
    response.once('close', () => session.unlisten(stream));
  }

  private delete(request: IncomingMessage, response: ServerResponse): void {
    const session = this.sessionOf(request);
    this.sessions.delete(session.id);
    void session.end();
    answerEmpty(response, 204);
  }

  private endIdle(): void {
    const nowMs = Date.now();
    for (const session of this.sessions.values()) {
      if (!session.idle || nowMs - session.usedAtMs < SESSION_IDLE_MS) continue;
      this.sessions.delete(session.id);
      void session.end();
    }
  }

  private refuse(request: IncomingMessage, response: ServerResponse, thrown: unknown, idText: string | null): void {
    if (response.headersSent || response.destroyed) return void response.destroy();
    const { httpStatus, text, headers } = refusalAnswer(thrown, idText);
    answerJson(response, httpStatus, text, headers);
    if (!request.complete) request.resume();
  }
}

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();
