import type { ServerResponse } from 'node:http';
import { type CarriedJson, type JsonParts, bytesOf, joined } from '#libs/mcp';
import { type Claim, heldBytes, jittered, scarcePatienceMs } from '#libs/resilience';
import type { Beating, Heartbeat } from './heartbeat.js';

/**
 * How an event stream is kept alive; times in milliseconds.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export interface SseSettings {
  readonly heartbeat: Heartbeat;
  /** `null`: no comments. */
  readonly keepAliveMs: number | null;
}

/** A reader that takes nothing for this long, or owes this much, is cut off. */
const STALL_MS = 30_000;
const QUEUE_BYTES_MAX = 1024 * 1024;
/** While the process holds as much as it may. */
const SCARCE_QUEUE_BYTES_MAX = 64 * 1024;
/** All queues of streams that stay open count as one caller's. */
const QUEUES = 'event streams';

const RETRY_MS = 1_500;

/** When to come back: not everybody at the same moment. */
export const retryPeriodMs = (): number => Math.floor(jittered(RETRY_MS, 1 / 3));

const LINE_BREAK = /[\r\n]+/g;

/** Server-sent events over one response. Never compressed, never buffered by a proxy that heeds the headers. */
export class SseStream implements Beating {
  slot = -1;
  /** Something with an id has been written: the reader knows what to come back for. */
  resumable = false;
  private lastWriteMs = Date.now();
  private stalledSinceMs: number | null = null;
  private room: Promise<void> | null = null;
  private queued: Claim | null = null;
  private due: { readonly atMs: number; readonly act: () => void } | null = null;

  constructor(
    private readonly response: ServerResponse,
    private readonly settings: SseSettings,
    headers: Readonly<Record<string, string>> = {},
  ) {
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-content-type-options': 'nosniff',
      'x-accel-buffering': 'no',
      ...headers,
    });
    settings.heartbeat.add(this);
    response.once('close', () => {
      settings.heartbeat.remove(this);
      this.queued?.release();
    });
  }

  get open(): boolean {
    return !this.response.destroyed && !this.response.writableEnded;
  }

  /** It stays open for as long as its reader likes: what the reader has yet to take counts by itself. */
  stay(): void {
    this.queued ??= heldBytes.claim(QUEUES);
  }

  /** An event with nothing in it but an id to resume from, and when. */
  prime(id: string): void {
    this.resumable ||= this.open;
    void this.put(`retry: ${retryPeriodMs()}\nid: ${id}\ndata: \n\n`);
  }

  /** Ends the connection, not the stream: the reader comes back for the rest after so long. */
  pause(retryMs: number): void {
    void this.put(`retry: ${retryMs}\n\n`);
    this.end();
  }

  /** Acts after so long (a beat more or less), unless it has ended. */
  after(ms: number, act: () => void): void {
    this.due = { atMs: Date.now() + ms, act };
  }

  /** Says nothing, so that headers arrive and connections stay. */
  comment(): void {
    void this.put(':\n\n');
  }

  /** An event of another kind than a message. */
  tell(event: string, data: string): void {
    void this.put(`event: ${event}\ndata: ${data}\n\n`);
  }

  /** Answers a promise while the reader has to catch up. */
  send(message: JsonParts, id?: string): void | Promise<void> {
    if (id !== undefined) this.resumable ||= this.open;
    const start = `event: message\n${id === undefined ? '' : `id: ${id}\n`}data: `;
    if (typeof message !== 'string' && !message.some(hasLineBreak)) return this.put([start, ...message, '\n\n']);
    const text = joined(message);
    // JSON has line breaks between tokens only, where a space does as well.
    const data = hasLineBreak(text) ? text.replace(LINE_BREAK, ' ') : text;
    return this.put(`${start}${data}\n\n`);
  }

  end(): void {
    this.settings.heartbeat.remove(this);
    if (this.open) this.response.end();
  }

  beat(nowMs: number): void {
    if (!this.open) return this.settings.heartbeat.remove(this);
    if (this.response.writableLength === 0) this.stalledSinceMs = null;
    else if (this.stalledSinceMs === null) this.stalledSinceMs = nowMs;
    else if (nowMs - this.stalledSinceMs > this.patienceMs) return void this.response.destroy();
    if (this.due !== null && nowMs >= this.due.atMs) {
      const { act } = this.due;
      this.due = null;
      act();
    }
    const { keepAliveMs } = this.settings;
    // What is still on its way keeps the connection alive by itself.
    if (keepAliveMs !== null && this.room === null && nowMs - this.lastWriteMs >= keepAliveMs) this.comment();
  }

  private get patienceMs(): number {
    return heldBytes.isFull ? Math.min(scarcePatienceMs(this.response.writableLength), STALL_MS) : STALL_MS;
  }

  private put(event: JsonParts): void | Promise<void> {
    if (!this.open) return;
    this.lastWriteMs = Date.now();
    if (this.write(event)) {
      this.stalledSinceMs = null;
      return;
    }
    this.queued?.set(this.response.writableLength);
    const bytesMax = this.queued?.hasRoom === false ? SCARCE_QUEUE_BYTES_MAX : QUEUE_BYTES_MAX;
    if (this.room !== null && this.response.writableLength > bytesMax + bytesOf(event)) {
      this.response.destroy();
      return;
    }
    this.room ??= new Promise<void>((resolve) => {
      const done = (): void => {
        this.response.off('drain', done);
        this.response.off('close', done);
        this.room = null;
        this.queued?.set(this.response.writableLength);
        resolve();
      };
      this.response.on('drain', done);
      this.response.on('close', done);
    });
    return this.room;
  }

  /** Whether there is room for more. */
  private write(event: JsonParts): boolean {
    if (typeof event === 'string') return this.response.write(event);
    let hasRoom = true;
    this.response.cork();
    for (const part of event) hasRoom = this.response.write(part);
    this.response.uncork();
    return hasRoom;
  }
}

const hasLineBreak = (json: CarriedJson): boolean => json.includes('\n') || json.includes('\r');
