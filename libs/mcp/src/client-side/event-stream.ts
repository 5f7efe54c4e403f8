import { fail } from '#libs/errors';
import { type CarriedJson, carriedJson, textOf } from '../json/carried.js';

/**
 * Reads `text/event-stream` as it arrives. Works on bytes: line ends are never part of a longer UTF-8 sequence, so a
 * character that two chunks share needs no special care.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export interface StreamEvent {
  /** `message` unless the stream named another. */
  readonly event: string;
  readonly data: CarriedJson;
}

/** How large an event may be. */
export interface EventStreamLimits {
  /** The most bytes that one event may hold, its longest line included. */
  readonly eventBytesMax: number;
}

const LF = 10;
const CR = 13;
const SPACE = 32;
const DATA = Buffer.from('data:');

/**
 * Reads an event stream as its bytes come in. Of our own, since each event is held to a limit while it is received.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class EventStreamReader {
  /** The id of the last event that had one; what `Last-Event-ID` asks to go on from. */
  lastEventId: string | undefined;
  /** What the server last asked a client to wait before it reconnects. */
  retryMs: number | undefined;

  private partial: Buffer[] = [];
  private partialBytes = 0;
  private eventBytes = 0;
  private skipLineFeed = false;
  private started = false;
  private event = '';
  private data: CarriedJson[] = [];
  private id: string | undefined;

  constructor(
    private readonly onEvent: (event: StreamEvent) => void,
    private readonly limits: EventStreamLimits,
  ) {}

  /** Bytes of the event that is not complete yet. */
  get pendingBytes(): number {
    return this.eventBytes + this.partialBytes;
  }

  /** Throws `upstream.too_large` or `upstream.invalid_answer`; the stream is of no use after that. */
  push(chunk: Buffer): void {
    let from = 0;
    let nextLf = chunk.indexOf(LF);
    let nextCr = chunk.indexOf(CR);
    if (this.skipLineFeed && chunk.length > 0) {
      this.skipLineFeed = false;
      if (chunk[0] === LF) {
        from = 1;
        nextLf = chunk.indexOf(LF, from);
      }
    }
    while (nextLf >= 0 || nextCr >= 0) {
      const endsWithCr = nextCr >= 0 && (nextLf < 0 || nextCr < nextLf);
      const end = endsWithCr ? nextCr : nextLf;
      this.endLine(chunk.subarray(from, end));
      from = end + 1;
      if (endsWithCr) {
        if (nextLf === from) from++;
        else if (from === chunk.length) this.skipLineFeed = true;
        nextCr = chunk.indexOf(CR, from);
      }
      if (nextLf >= 0 && nextLf < from) nextLf = chunk.indexOf(LF, from);
    }
    if (from < chunk.length) this.keep(chunk.subarray(from));
  }

  private keep(rest: Buffer): void {
    this.partialBytes += rest.length;
    if (this.eventBytes + this.partialBytes > this.limits.eventBytesMax) throw tooLarge();
    this.partial.push(rest);
  }

  private endLine(tail: Buffer): void {
    let line = tail;
    if (this.partialBytes > 0) {
      this.partial.push(tail);
      line = Buffer.concat(this.partial);
      this.partial = [];
      this.partialBytes = 0;
    }
    if (!this.started) {
      this.started = true;
      if (line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf) line = line.subarray(3);
    }
    if (line.length === 0) return this.dispatch();
    this.eventBytes += line.length;
    if (this.eventBytes > this.limits.eventBytesMax) throw tooLarge();
    // A comment: neither kept nor counted, so that keep-alives may come for ever.
    if (line[0] === 58) this.eventBytes -= line.length;
    else this.readField(line);
  }

  private readField(bytes: Buffer): void {
    const line = carriedJson(bytes);
    if (typeof line !== 'string') return this.readLong(line);
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const valueFrom = line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1;
    const value = colon < 0 ? '' : line.slice(valueFrom);
    if (name === 'data') this.data.push(value);
    else if (name === 'event') this.event = value;
    else if (name === 'id') {
      if (!value.includes('\0')) this.id = value;
    } else if (name === 'retry' && /^\d{1,9}$/.test(value)) this.retryMs = Number(value);
  }

  /** Of long lines those with data alone mean anything. */
  private readLong(line: Buffer): void {
    if (!line.subarray(0, DATA.length).equals(DATA)) return;
    this.data.push(line.subarray(line[DATA.length] === SPACE ? DATA.length + 1 : DATA.length));
  }

  private dispatch(): void {
    const { data, event } = this;
    if (this.id !== undefined) this.lastEventId = this.id;
    this.data = [];
    this.event = '';
    this.eventBytes = 0;
    if (data.length === 0) return;
    const [first = ''] = data;
    this.onEvent({ event: event || 'message', data: data.length === 1 ? first : data.map(textOf).join('\n') });
  }
}

const tooLarge = () => fail('upstream.too_large', { message: 'An event of the stream is too large' });
