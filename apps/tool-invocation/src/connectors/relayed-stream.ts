import type { RelayFrame, RelayedRequest } from '#contracts/tool-invocation/connectors/relay-request.request';
import {
  CHUNK_BYTES_MAX,
  type ConnectorFrame,
  type GatewayFrame,
  MalformedFrame,
  ReceiveWindow,
  SendWindow,
} from '#libs/connector';
import { GatewayError, fail } from '#libs/errors';

/** Sends a frame to the connector; resolves when it has left this process. */
export type SendsFrame = (frame: GatewayFrame, bytes?: Buffer) => Promise<void>;
/** Hands on what comes of a request; resolves when there is room for more. */
export type TakesFrame = (frame: RelayFrame, body?: string) => Promise<void>;

const REASON_CHARS_MAX = 512;
/** At the beginning of a reason, such as `ECONNREFUSED: …`. */
const SYSTEM_CODE = /^E[A-Z_]{2,30}(?=: )|^UND_ERR_[A-Z_]{2,40}(?=: )/;

/** One HTTP request over a connection and its response back, at the gateway's end. */
export class RelayedStream {
  /** Resolves when the response has ended and been taken; rejects with what became of it. */
  readonly done: Promise<void>;
  private readonly upload = new SendWindow();
  private readonly download = new ReceiveWindow();
  private resolve!: () => void;
  private reject!: (error: GatewayError) => void;
  private delivering: Promise<void> = Promise.resolve();
  /** The connector may have it. */
  private isSent = false;
  private hasHead = false;
  /** The connector has said the last of it. */
  private hasEnded = false;
  /** Nobody waits any more. */
  private isOver = false;

  constructor(
    readonly id: number,
    private readonly send: SendsFrame,
    private readonly take: TakesFrame,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.done.catch(ignore);
  }

  /** Nothing more may come of it. */
  get isAnswered(): boolean {
    return this.hasEnded;
  }

  /** Sends the request, its body as fast as the connector takes it. */
  async start({ name, method, query, headers }: RelayedRequest, text: string, timeLeftMs: number): Promise<void> {
    const body = Buffer.from(text);
    const first = body.subarray(0, CHUNK_BYTES_MAX);
    await this.upload.take(first.length);
    this.isSent = true;
    const ends = first.length === body.length;
    const frame = { type: 'request', id: this.id, name, method, query, headers, timeLeftMs, ends } as const;
    this.send(frame, first).catch((error: unknown) => this.notSent(error));
    for (let at = first.length; at < body.length; at += CHUNK_BYTES_MAX) {
      const chunk = body.subarray(at, at + CHUNK_BYTES_MAX);
      await this.upload.take(chunk.length);
      await this.send({ type: 'data', id: this.id, ends: at + chunk.length === body.length }, chunk);
    }
  }

  /** Throws `MalformedFrame` for what has no place in a response. */
  receive(frame: Exclude<ConnectorFrame, { type: 'leave' }>, bytes: Buffer): void {
    // The body may have been read to its end after the response.
    if (this.hasEnded && frame.type !== 'credit') throw new MalformedFrame('a frame is of a response that has ended');
    if (this.isOver) {
      if (frame.type === 'failed' || (frame.type !== 'credit' && frame.ends)) this.hasEnded = true;
      return;
    }
    switch (frame.type) {
      case 'credit':
        this.upload.credit(frame.bytes);
        return;
      case 'failed':
        return this.refused(frame.executed, frame.reason);
      case 'response': {
        const { status, headers } = frame;
        if (this.hasHead) throw new MalformedFrame('a response has two heads');
        this.hasHead = true;
        this.deliver(() => this.take({ kind: 'response', status, headers }));
        return this.receiveBytes(bytes, frame.ends);
      }
      case 'data':
        if (!this.hasHead || (bytes.length === 0 && !frame.ends))
          throw new MalformedFrame('bytes of a response have come where there are none');
        return this.receiveBytes(bytes, frame.ends);
    }
  }

  /** Nothing comes of it any more: the connection is gone, or nobody waits. */
  end(reason: string, cause?: unknown): void {
    const executed = this.isSent ? 'unknown' : 'no';
    const code = this.isSent ? 'upstream.closed' : 'upstream.unreachable';
    this.fail(fail(code, { message: reason, executed, cause }));
  }

  /** The connection was about to close, or there is no frame for it. Otherwise its end says what became of it. */
  private notSent(error: unknown): void {
    if (error instanceof GatewayError && error.executed === 'no') this.fail(error);
  }

  private refused(executed: 'no' | 'unknown', said: string): void {
    // It is a stranger's text, on its way to whoever runs the gateway: it may name addresses, so clients are told the code.
    const reason = said.replace(/\p{Cc}/gu, ' ').slice(0, REASON_CHARS_MAX);
    const [code] = SYSTEM_CODE.exec(reason) ?? [];
    const isFirst = executed === 'no' && !this.hasHead;
    const told = `The connector cannot ${isFirst ? 'reach the upstream' : 'read its answer'}`;
    const message = code === undefined ? told : `${told} (${code})`;
    const failure = fail(isFirst ? 'upstream.unreachable' : 'upstream.closed', {
      message,
      executed: isFirst ? 'no' : 'unknown',
      cause: new Error(reason),
    });
    this.hasEnded = true;
    this.deliver(async () => this.fail(failure));
  }

  private receiveBytes(bytes: Buffer, ends: boolean): void {
    this.download.received(bytes.length);
    if (bytes.length > 0)
      this.deliver(async () => {
        await this.take({ kind: 'data' }, bytes.toString('latin1'));
        const credit = this.download.taken(bytes.length);
        if (credit > 0) await this.send({ type: 'credit', id: this.id, bytes: credit });
      });
    if (!ends) return;
    this.hasEnded = true;
    this.deliver(async () => this.resolve());
  }

  /** In order; whoever takes them decides how fast. */
  private deliver(step: () => Promise<void>): void {
    this.delivering = this.delivering.then(step).catch((error: unknown) => this.end('Nobody takes the answer', error));
  }

  private fail(failure: GatewayError): void {
    this.isOver = true;
    this.upload.close(failure);
    this.reject(failure);
  }
}

const ignore = (): void => {};
