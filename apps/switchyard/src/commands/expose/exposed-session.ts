import { randomBytes } from 'node:crypto';
import type { HttpReply, SseStream } from '#libs/mcp-http';
import { fail } from '#libs/errors';
import { type ClientRequest, errorMessage, toRpcError } from '#libs/mcp';
import { ChildProgram, type ProgramCommand } from './child-program.js';
import { type RelayedMessage, readRelayed } from '../../messages/relayed-message.js';

interface Waiting {
  readonly reply: HttpReply;
  readonly progressToken: unknown;
}

const ID_BYTES = 24;
/** What the program says while nobody listens. */
const UNHEARD_MAX = 100;

/** A client before 2026-07-28 and the program that was started for it; they end together. */
export class ExposedSession {
  readonly id = randomBytes(ID_BYTES).toString('base64url');
  usedAtMs = Date.now();
  private readonly program: ChildProgram;
  private readonly waiting = new Map<string, Waiting>();
  private unheard: string[] = [];
  private stream: SseStream | null = null;

  constructor(command: ProgramCommand, ended: (reason: string) => void) {
    this.program = new ChildProgram(command, {
      line: (line) => this.receive(line),
      ended: (reason) => {
        const error = toRpcError(fail('upstream.closed', { message: `The program is gone: ${reason}` }));
        for (const [idText, { reply }] of this.waiting) reply.finish(errorMessage(idText, error), 200);
        this.waiting.clear();
        this.stream?.end();
        ended(reason);
      },
    });
  }

  get idle(): boolean {
    return this.waiting.size === 0 && this.stream === null;
  }

  ask({ idText, params }: ClientRequest, text: string, reply: HttpReply): void {
    this.usedAtMs = Date.now();
    if (this.waiting.has(idText)) throw fail('mcp.invalid_request', { message: 'A request with this id is in hand' });
    this.send(text);
    this.waiting.set(idText, {
      reply,
      progressToken: (params.value['_meta'] as RelayedMessage)?.['progressToken' as never],
    });
  }

  /** A notification or a response. */
  send(text: string): void {
    this.usedAtMs = Date.now();
    if (!this.program.write(text))
      throw fail('upstream.busy', { message: 'The program does not read', executed: 'no' });
  }

  /** Takes what belongs to no request; a new stream takes the place of an old one. */
  listen(stream: SseStream): void {
    this.stream?.end();
    this.stream = stream;
    for (const message of this.unheard) void stream.send(message);
    this.unheard = [];
  }

  unlisten(stream: SseStream): void {
    this.usedAtMs = Date.now();
    if (this.stream === stream) this.stream = null;
  }

  end(): Promise<void> {
    return this.program.end();
  }

  private receive(line: string): void {
    const message = readRelayed(line);
    if (message === null) return;
    if (message.method === undefined) {
      const idText = JSON.stringify(message.id);
      this.waiting.get(idText)?.reply.finish(line, 200);
      this.waiting.delete(idText);
      return;
    }
    const reply = this.replyFor(message);
    if (reply !== undefined) void reply.send(line);
    else if (this.stream !== null) void this.stream.send(line);
    else if (this.unheard.length < UNHEARD_MAX) this.unheard.push(line);
  }

  /** Stdio does not say which request a message belongs to, unless it is progress; the latest is the likeliest. */
  private replyFor({ method, params }: RelayedMessage): HttpReply | undefined {
    const waiting = [...this.waiting.values()];
    if (method !== 'notifications/progress') return waiting.at(-1)?.reply;
    return waiting.find(
      ({ progressToken }) => progressToken !== undefined && progressToken === params?.['progressToken'],
    )?.reply;
  }
}
