import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { heldBytes } from '#libs/resilience';
import { type GatewayError, fail, toGatewayError } from '#libs/errors';

/** How much may be received, in bytes. */
export interface BodyLimits {
  readonly bytesMax: number;
  /** Of all bodies that are being received at once; callers whom nobody knows may have a quarter of it. */
  readonly totalMax: number;
}

/** One request with whatever its receiver wants back with the body. */
export interface Incoming {
  readonly request: IncomingMessage;
}

/** Who the bodies are for. */
export interface BodyReceiver<Exchange extends Incoming> {
  /**
   * Whether the caller is known, asked before much of a body is held. Throws or rejects with why the caller is not let
   * in, and the body is then not read.
   */
  knows(exchange: Exchange): boolean | Promise<boolean>;
  /** Called once: with the text, or with why there is none. Not at all when the client has gone. */
  received(exchange: Exchange, error: GatewayError | null, text: string): void;
}

/** So much may anybody send before it matters who it is: a refusal can then carry the id of the request. */
const ANYBODYS_BYTES = 16 * 1024;
const STRANGERS_SHARE = 1 / 4;

/** Reads request bodies as text, never holding more than it may. */
export class BodyReader {
  /** Bytes held for callers who are known, and for those who are not, or not yet. */
  private known = 0;
  private strangers = 0;
  private readonly held = heldBytes.claim('bodies on their way');

  constructor(readonly limits: BodyLimits) {}

  read<Exchange extends Incoming>(exchange: Exchange, receiver: BodyReceiver<Exchange>): void {
    const { request } = exchange;
    const declared = Number(request.headers['content-length'] ?? Number.NaN);
    if (declared > this.limits.bytesMax) return receiver.received(exchange, fail('http.body_too_large'), '');
    (request as Read)[BODY] = new Body(this, exchange, receiver, declared);
    request.on('data', onData);
    request.on('end', onEnd);
    request.on('close', onClose);
  }

  hold(bytes: number, isKnown: boolean): void {
    if (isKnown) this.known += bytes;
    else this.strangers += bytes;
    this.held.set(this.known + this.strangers);
  }

  get isFull(): boolean {
    return this.known + this.strangers > this.limits.totalMax;
  }

  get isFullOfStrangers(): boolean {
    return this.strangers > this.limits.totalMax * STRANGERS_SHARE;
  }
}

const BODY = Symbol('BODY');
type Read = IncomingMessage & { [BODY]: Body<Incoming> };

// The same three functions for every request, rather than three closures each.
function onData(this: IncomingMessage, chunk: Buffer): void {
  (this as Read)[BODY].add(chunk);
}
function onEnd(this: IncomingMessage): void {
  (this as Read)[BODY].end();
}
function onClose(this: IncomingMessage): void {
  (this as Read)[BODY].drop();
}

/** The body of one request while it comes in. */
class Body<Exchange extends Incoming> {
  /** `null` once it is handed over, refused or dropped. */
  private chunks: Buffer[] | null = [];
  private bytes = 0;
  private caller: 'unasked' | 'asked' | 'known' | 'stranger' = 'unasked';

  constructor(
    private readonly reader: BodyReader,
    private readonly exchange: Exchange,
    private readonly receiver: BodyReceiver<Exchange>,
    private readonly declaredBytes: number,
  ) {}

  add(chunk: Buffer): void {
    if (this.chunks === null) return;
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    this.reader.hold(chunk.length, this.caller === 'known');
    if (this.bytes > this.reader.limits.bytesMax) return this.refuse(fail('http.body_too_large'));
    if (this.bytes === this.declaredBytes) return;
    if (this.caller === 'unasked' && (this.bytes > ANYBODYS_BYTES || this.reader.isFullOfStrangers)) this.ask();
    this.check();
  }

  end(): void {
    const { chunks } = this;
    if (chunks === null) return;
    const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, this.bytes);
    this.drop();
    if (isUtf8(body)) this.receiver.received(this.exchange, null, body.toString('utf8'));
    else
      this.receiver.received(this.exchange, fail('mcp.malformed_json', { message: 'The body is not valid UTF-8' }), '');
  }

  drop(): void {
    if (this.chunks === null) return;
    this.reader.hold(-this.bytes, this.caller === 'known');
    this.chunks = null;
  }

  private ask(): void {
    try {
      const knowing = this.receiver.knows(this.exchange);
      if (typeof knowing === 'boolean') return this.told(knowing);
      this.caller = 'asked';
      this.exchange.request.pause();
      knowing.then(
        (known) => {
          this.told(known);
          this.check();
          this.exchange.request.resume();
        },
        (thrown: unknown) => {
          this.refuse(toGatewayError(thrown));
          this.exchange.request.resume();
        },
      );
    } catch (thrown) {
      this.refuse(toGatewayError(thrown));
    }
  }

  private told(known: boolean): void {
    this.caller = known ? 'known' : 'stranger';
    if (!known || this.chunks === null) return;
    this.reader.hold(-this.bytes, false);
    this.reader.hold(this.bytes, true);
  }

  private check(): void {
    if (this.reader.isFull || (this.caller === 'stranger' && this.reader.isFullOfStrangers))
      this.refuse(fail('http.overloaded'));
  }

  private refuse(error: GatewayError): void {
    if (this.chunks === null) return;
    this.drop();
    this.receiver.received(this.exchange, error, '');
  }
}
