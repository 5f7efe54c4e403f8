import { Readable } from 'node:stream';
import {
  CHUNK_BYTES_MAX,
  type ConnectorFrame,
  type GatewayFrame,
  MalformedFrame,
  ReceiveWindow,
  SendWindow,
  onwardHeaders,
} from '#libs/connector';
import { NOT_CONNECTED } from '#libs/resilience';
import type { UpstreamDoor } from './upstream-door.js';

/** Sends a frame to the gateway; resolves when it has left this process. */
export type SendsFrame = (frame: ConnectorFrame, bytes?: Buffer) => Promise<void>;

type RequestFrame = Extract<GatewayFrame, { type: 'request' }>;

const TIMER_MS_MAX = 2 ** 31 - 1;
const REASON_CHARS_MAX = 512;

/** One HTTP request of the gateway to an upstream here, and the response to it, at the connector's end. */
export class ServedRequest {
  private readonly upload = new ReceiveWindow();
  private readonly download = new SendWindow();
  private readonly aborting = new AbortController();
  private readonly arrived: Buffer[] = [];
  private hasAll = false;
  private wake: (() => void) | undefined;

  constructor(
    private readonly frame: RequestFrame,
    private readonly send: SendsFrame,
  ) {}

  /** Asks the upstream and sends what it answers. Resolves when that has ended; never rejects. */
  async run(door: UpstreamDoor | undefined, first: Buffer): Promise<void> {
    const { id, timeLeftMs } = this.frame;
    const deadline = setTimeout(() => this.cancel('its time was over'), Math.min(timeLeftMs, TIMER_MS_MAX));
    try {
      if (door === undefined) return await this.fail('no', 'it serves nothing of that name');
      const response = await this.ask(door, first);
      if (response !== null) await this.answer(response);
    } catch (error) {
      if (this.aborting.signal.aborted) return;
      await this.send({ type: 'failed', id, executed: 'unknown', reason: reasonOf(error) }).catch(() => {});
    } finally {
      clearTimeout(deadline);
      this.cancel('it is over');
    }
  }

  /** More of the body, or room for more of the answer. Throws `MalformedFrame`. */
  receive(frame: Extract<GatewayFrame, { type: 'data' | 'credit' }>, bytes: Buffer): void {
    if (frame.type === 'credit') return this.download.credit(frame.bytes);
    if (this.hasAll) throw new MalformedFrame('a body goes on after its end');
    this.arrive(bytes, frame.ends);
  }

  /** Nobody waits for the answer. */
  cancel(reason: string): void {
    if (this.aborting.signal.aborted) return;
    const error = new Error(reason);
    this.aborting.abort(error);
    this.download.close(error);
    this.wake?.();
  }

  /** `null`: it was not there, as the gateway has been told. */
  private async ask(door: UpstreamDoor, first: Buffer) {
    const { method, query, headers, ends } = this.frame;
    this.arrive(first, ends);
    const body = ends ? (first.length === 0 ? null : first) : Readable.from(this.body(), { objectMode: false });
    try {
      return await door.request({ method, query, headers, body, signal: this.aborting.signal });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined || !NOT_CONNECTED.has(code) || this.aborting.signal.aborted) throw error;
      await this.fail('no', reasonOf(error));
      return null;
    }
  }

  private async answer(response: Awaited<ReturnType<UpstreamDoor['request']>>): Promise<void> {
    const { id } = this.frame;
    const { statusCode: status, headers } = response;
    await this.send({ type: 'response', id, status, headers: onwardHeaders(headers), ends: false });
    for await (const chunk of response.body as AsyncIterable<Buffer>)
      for (let at = 0; at < chunk.length; at += CHUNK_BYTES_MAX) {
        const bytes = chunk.subarray(at, at + CHUNK_BYTES_MAX);
        await this.download.take(bytes.length);
        await this.send({ type: 'data', id, ends: false }, bytes);
      }
    await this.send({ type: 'data', id, ends: true });
  }

  private fail(executed: 'no' | 'unknown', reason: string): Promise<void> {
    return this.send({ type: 'failed', id: this.frame.id, executed, reason });
  }

  private arrive(bytes: Buffer, ends: boolean): void {
    this.upload.received(bytes.length);
    if (bytes.length > 0) this.arrived.push(bytes);
    this.hasAll = ends;
    this.wake?.();
  }

  /** The body as it comes, no faster than the upstream takes it. */
  private async *body(): AsyncGenerator<Buffer> {
    for (;;) {
      const bytes = this.arrived.shift();
      if (this.aborting.signal.aborted) throw this.aborting.signal.reason;
      if (bytes !== undefined) {
        yield bytes;
        const credit = this.upload.taken(bytes.length);
        if (credit > 0) await this.send({ type: 'credit', id: this.frame.id, bytes: credit });
      } else if (this.hasAll) return;
      else
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
    }
  }
}

/** For whoever runs the gateway: what the connection says, no more. */
const reasonOf = (error: unknown): string => {
  if (error instanceof MalformedFrame) return `the response cannot be carried: ${error.message}`;
  const { code, message } = (error instanceof AggregateError ? error.errors[0] : error) as NodeJS.ErrnoException;
  return (code === undefined ? message : `${code}: ${message}`).slice(0, REASON_CHARS_MAX);
};
