import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { type CarriedJson, type Incoming, META_SUBSCRIPTION_ID, readMessages, textOf } from '#libs/mcp';
import { fail, GatewayError } from '#libs/errors';
import { type Claim, heldBytes } from '#libs/resilience';
import type { Logger } from '#libs/telemetry';
import type { Settings } from '../../tool-invocation.settings.js';
import type { ProgramLine } from '#contracts/tool-invocation/health/program-wrote.event';
import type { Channel, ChannelEvents, Redact } from '../channel.js';
import type { Carrier, Exchange } from '../exchange.js';
import { IntakeGate, SharedSource } from '../intake-gate.js';
import { Strays } from '../strays.js';
import { TalkGauge } from '../talk-gauge.js';
import { TalkPace } from '../talk-pace.js';
import { LastWords, howItEnded } from './last-words.js';
import { LineReader } from './line-reader.js';
import type { Clean } from './program-notes.js';

const GRACE_MS = 2_000;
/** How long what a dead child wrote last, and its exit code, may take to arrive. */
const LAST_WORDS_MS = 200;
const UNREAD_BYTES_MAX = 16_777_216;
const STDERR_LINE_BYTES_MAX = 4_096;
const STDERR_LINES_PER_SECOND = 20;

/** Whose process it is, and who is told what it does besides MCP. */
export interface StdioProgram {
  readonly id: string;
  readonly name: string;
  readonly note: (kind: ProgramLine['kind'], text: string) => void;
  readonly clean: Clean;
}

/** The pipes of one child process. */
export class StdioChannel implements Channel, Carrier {
  readonly sessionful = false;
  readonly hasCommonStream = true;
  protocolVersion: string | undefined;
  closed = false;
  closing = false;
  /** Answers to no request. */
  strays = 0;
  /** Lines on stdout that were no messages. */
  private readonly noise: Strays;
  private readonly exchanges = new Map<unknown, Exchange>();
  private readonly talk: TalkGauge;
  private readonly pace: TalkPace;
  private readonly held: Claim;
  private readonly gate: IntakeGate;
  private readonly exited: Promise<void>;
  private readonly lastWords: LastWords;
  private stderrLines = 0;
  private stderrSecond = 0;

  constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly upstream: StdioProgram,
    { resultBytesMax, notifications }: Pick<Settings, 'resultBytesMax' | 'notifications'>,
    private readonly redact: Redact,
    private readonly logger: Logger,
    private readonly events: ChannelEvents,
  ) {
    const { id: upstreamId } = upstream;
    this.lastWords = new LastWords(upstream.clean);
    this.noise = new Strays(upstreamId, logger);
    this.talk = new TalkGauge(notifications, resultBytesMax);
    this.held = heldBytes.claim(`upstream ${upstreamId}`);
    const source = new SharedSource([child.stdout]);
    this.gate = new IntakeGate(this.held, source);
    this.pace = new TalkPace(this.talk, source);
    const lines = new LineReader(
      resultBytesMax,
      (line) => this.readLine(line),
      (error) => this.refuseLine(error),
      (error) => this.noise.note(error),
    );
    child.stdout.on('data', (chunk: Buffer) => this.take(chunk, lines));
    const endSoon = (): void => void setTimeout(() => this.end(), LAST_WORDS_MS).unref();
    child.stdout.once('end', endSoon);
    child.once('close', () => this.end());
    const stderr = new LineReader(
      STDERR_LINE_BYTES_MAX,
      (line) => this.logLine(line),
      () => {},
      () => {},
    );
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on('error', endSoon);
    child.stdout.on('error', () => {});
    child.stderr.on('error', () => {});
    child.on('error', () => {});
    this.exited = new Promise((resolve) => {
      child.once('exit', () => {
        resolve();
        endSoon();
      });
    });
  }

  request(exchange: Exchange): void {
    if (this.closed || this.child.stdin.destroyed || this.child.exitCode !== null)
      return exchange.failClosed(this.lastWords.reason(this.child));
    if (this.child.stdin.writableLength > UNREAD_BYTES_MAX) {
      return exchange.fail(fail('upstream.busy', { message: 'The upstream does not read', executed: 'no' }));
    }
    this.exchanges.set(exchange.id, exchange);
    exchange.carrier = this;
    exchange.sent = true;
    this.write(exchange.text);
  }

  release(exchange: Exchange): void {
    this.exchanges.delete(exchange.id);
  }

  async post(text: string): Promise<void> {
    if (!this.closed && this.child.stdin.writableLength <= UNREAD_BYTES_MAX) this.write(text);
  }

  async listen(): Promise<void> {
    // One pipe carries everything.
  }

  /** Ends the child as the specification asks: end of input, then SIGTERM, then SIGKILL. */
  async close(): Promise<void> {
    this.closing = true;
    this.child.stdin.end();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (await this.exitsWithin(GRACE_MS)) break;
      this.kill(signal);
    }
    await this.exited;
    // What it started itself may have outlived it.
    this.kill('SIGKILL');
    this.end();
  }

  private write(text: string): void {
    // Raw line ends in JSON text can only be white space.
    this.child.stdin.write(`${/[\r\n]/.test(text) ? text.replace(/[\r\n]+/g, ' ') : text}\n`);
  }

  private take(chunk: Buffer, lines: LineReader): void {
    if (this.closed) return;
    try {
      this.pace.take(chunk, () => {
        lines.push(chunk);
        return lines.pendingBytes;
      });
      this.gate.holds(lines.pendingBytes);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.cutOff(error);
    }
  }

  /** Ends a child that does not stop talking; nothing more of it is read. */
  private cutOff(error: GatewayError): void {
    this.child.stdout.destroy();
    this.refuseLine(error);
    this.end();
  }

  private readLine(line: CarriedJson): void {
    this.talk.take(0, 1);
    readMessages(
      this.redact(line),
      (message) => this.readMessage(message, line),
      ({ id, error }) => {
        const exchange = this.exchanges.get(id);
        if (exchange === undefined) return this.noise.note(error);
        this.exchanges.delete(id);
        exchange.fail(fail(error.code, { message: error.message, executed: 'unknown' }));
      },
    );
  }

  private readMessage(message: Incoming, line: CarriedJson): void {
    if (message.kind === 'result' || message.kind === 'error') {
      const exchange = this.exchanges.get(message.id);
      if (exchange === undefined) return this.stray(message.id);
      this.talk.giveBack(Buffer.byteLength(line) + 1);
      this.exchanges.delete(message.id);
      exchange.receive(message);
      return;
    }
    const subscription = subscriptionOf(message);
    const subscriber = subscription === undefined ? undefined : this.exchanges.get(subscription);
    if (subscriber) subscriber.receive(message);
    else this.events.received(message);
  }

  /** A line that cannot be read may be the answer to any request, so all of them fail. */
  private refuseLine(error: GatewayError): void {
    const waiting = [...this.exchanges.values()];
    for (const exchange of waiting) {
      this.exchanges.delete(exchange.id);
      exchange.fail(fail(error.code, { message: error.message, executed: 'unknown', cause: error.cause }));
    }
  }

  private stray(id: unknown): void {
    this.strays++;
    this.events.answeredLate(id);
  }

  private logLine(line: CarriedJson): void {
    const text = textOf(line);
    this.lastWords.note(text);
    this.upstream.note('wrote', text);
    const second = Math.floor(performance.now() / 1_000);
    if (second !== this.stderrSecond) {
      this.stderrSecond = second;
      this.stderrLines = 0;
    }
    if (++this.stderrLines > STDERR_LINES_PER_SECOND) return;
    const { id: upstreamId, name, clean } = this.upstream;
    this.logger.debug({ upstreamId, upstream: name, stderr: clean(text) }, 'upstream wrote to stderr');
  }

  private end(): void {
    if (this.closed) return;
    this.closed = true;
    this.held.release();
    const cause = this.closing ? undefined : this.lastWords.reason(this.child);
    this.upstream.note('ended', this.closing ? 'the gateway has ended it' : `it ${howItEnded(this.child)}`);
    for (const exchange of this.exchanges.values()) exchange.failClosed(cause);
    this.exchanges.clear();
    if (cause !== undefined) {
      const { id: upstreamId, name } = this.upstream;
      this.logger.warn({ upstreamId, upstream: name, reason: cause.message }, 'the process of an upstream has ended');
      void this.close();
    }
    this.events.closed(fail('upstream.closed', { message: 'The process of the upstream has ended' }));
  }

  private async exitsWithin(ms: number): Promise<boolean> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(resolve, ms, false);
    });
    const inTime = await Promise.race([this.exited.then(() => true), late]);
    clearTimeout(timer);
    return inTime;
  }

  private kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    try {
      process.kill(-(this.child.pid as number), signal);
    } catch {
      // The group is gone.
    }
  }
}

const subscriptionOf = (message: Incoming): unknown => {
  if (message.kind !== 'notification') return undefined;
  const meta = message.params._meta;
  return typeof meta === 'object' && meta !== null
    ? (meta as Record<string, unknown>)[META_SUBSCRIPTION_ID]
    : undefined;
};
