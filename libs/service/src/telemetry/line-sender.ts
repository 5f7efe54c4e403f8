import type { Bus } from '#libs/bus';
import { type LogLine, RecordLines } from '#libs/contracts';
import { type GatewayError, toGatewayError } from '#libs/errors';
import { Backoff } from '#libs/resilience';
import { type Logger, type WrittenLine, hearLines, isOfKeeping, keepingLines } from '#libs/telemetry';
import { type LineCounts, showLineCounts } from './line.instruments.js';

/** What waits at most; what comes then is left out and counted. */
const WAITING_LINES_MAX = 10_000;
const WAITING_CHARS_MAX = 8 * 1024 * 1024;
const BATCH_LINES = 500;
const BATCH_CHARS = 256 * 1024;
/** A line that is longer goes without its further fields. */
const LINE_CHARS_MAX = 32_768;
const EVERY_MS = 1_000;
const RETRY = { firstMs: 1_000, maxMs: 30_000 };
/** Failures in a row that are no mere restart of metrics. */
const FAILURES_TOLD = 4;

/**
 * Gives metrics the lines that this process writes, behind the bus and never in the way of whoever writes them. They wait in
 * memory: those that a killed process had not sent are on its standard output alone.
 */
export class LineSender {
  private readonly waiting: LogLine[] = [];
  private readonly counts: LineCounts = { waiting: 0, dropped: 0 };
  private readonly backoff = new Backoff(RETRY);
  private readonly deafen: () => void;
  private readonly hide: () => void;
  private waitingChars = 0;
  private seq = 0;
  private pauseMs = EVERY_MS;
  private bus: Bus | undefined;
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> | undefined;

  constructor(private readonly logger: Logger) {
    this.deafen = hearLines((line, json) => this.hear(line, json.length));
    this.hide = showLineCounts(this.counts);
  }

  /** From now on lines are sent; those from before have waited. */
  connect(bus: Bus): void {
    this.bus = bus;
    this.schedule(EVERY_MS);
  }

  /** Sends what waits now; resolves also where that fails. */
  flush(): Promise<void> {
    this.sending ??= keepingLines(() => this.send()).finally(() => {
      this.sending = undefined;
    });
    return this.sending;
  }

  close(): void {
    this.deafen();
    this.hide();
    this.bus = undefined;
    clearTimeout(this.timer);
  }

  private hear(line: WrittenLine, chars: number): void {
    if (isOfKeeping()) return;
    this.seq++;
    if (this.waiting.length >= WAITING_LINES_MAX || this.waitingChars + chars > WAITING_CHARS_MAX) {
      this.counts.dropped++;
      return;
    }
    const kept = lineOf(line, this.seq, chars > LINE_CHARS_MAX);
    this.waiting.push(kept);
    this.waitingChars += charsOf(kept);
    this.counts.waiting = this.waiting.length;
  }

  private schedule(delayMs: number): void {
    this.timer = setTimeout(async () => {
      await this.flush();
      if (this.bus !== undefined) this.schedule(this.pauseMs);
    }, delayMs).unref();
  }

  /** Batch by batch, until none is left or one fails. */
  private async send(): Promise<void> {
    for (let { bus } = this; bus !== undefined && this.waiting.length > 0; bus = this.bus) {
      const lines = this.batch();
      const failure = await bus.ask(RecordLines, { lines }).then(() => null, toGatewayError);
      if (failure !== null && passes(failure)) return this.failed(failure);
      if (failure !== null) {
        this.counts.dropped += lines.length;
        this.logger.warn({ err: failure, lines: lines.length }, 'lines of the log are refused by metrics');
      }
      this.succeeded(lines);
    }
  }

  private batch(): readonly LogLine[] {
    let chars = 0;
    const end = this.waiting.findIndex((line, at) => {
      chars += charsOf(line);
      return at === BATCH_LINES || (at > 0 && chars > BATCH_CHARS);
    });
    return this.waiting.slice(0, end < 0 ? this.waiting.length : end);
  }

  private succeeded(lines: readonly LogLine[]): void {
    this.waiting.splice(0, lines.length);
    for (const line of lines) this.waitingChars -= charsOf(line);
    this.counts.waiting = this.waiting.length;
    if (this.backoff.failures >= FAILURES_TOLD)
      this.logger.info({ dropped: this.counts.dropped }, 'metrics keeps lines of the log again');
    this.backoff.succeeded();
    this.pauseMs = EVERY_MS;
  }

  private failed(failure: GatewayError): void {
    this.pauseMs = this.backoff.failed();
    if (this.backoff.failures === FAILURES_TOLD)
      this.logger.warn({ err: failure, waiting: this.waiting.length }, 'lines of the log wait for metrics');
  }
}

/** Metrics, its database or the bus is away. */
const passes = ({ code }: GatewayError): boolean =>
  code === 'platform.not_ready' || (code.startsWith('bus.') && code !== 'bus.too_large' && code !== 'bus.malformed');

const lineOf = (
  { time, level, msg, service, instance, version: _version, correlationId, traceId, principal, ...fields }: WrittenLine,
  seq: number,
  isLong: boolean,
): LogLine => ({
  seq,
  at: String(time),
  level: String(level),
  service: String(service),
  instance: String(instance),
  message: typeof msg === 'string' ? msg : '',
  correlationId: textOf(correlationId),
  traceId: textOf(traceId),
  principal: textOf(principal),
  fields: isLong ? '{"isCut":true}' : JSON.stringify(fields),
});

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
const charsOf = ({ message, fields }: LogLine): number => message.length + fields.length;
