import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ListenJob, ListenResult } from './load-job.js';
import { listenBody, modernMirrors, plainHeaders } from './message.js';

const METHOD = 'subscriptions/listen';
const SUBSCRIPTION_ID = 'io.modelcontextprotocol/subscriptionId';
const PATIENCE_MS = 15_000;
/** In which a change that is told twice would show. */
const REPEAT_MS = 400;
const OPENING_AT_ONCE = 50;
const ERROR_SAMPLES_MAX = 5;

interface Notification {
  readonly method?: string;
  readonly params?: { readonly _meta?: Readonly<Record<string, unknown>> };
}

/** One `subscriptions/listen`; what comes on it is counted. */
class ListenStream {
  acknowledged = 0;
  changes = 0;
  problem: string | null = null;
  private request: http.ClientRequest | undefined;
  private rest = '';

  constructor(private readonly id: number) {}

  /** Resolves when the stream is acknowledged, or has failed. */
  open({ url, token }: ListenJob): Promise<void> {
    const headers = { ...plainHeaders(token), ...modernMirrors(METHOD, null) };
    return new Promise((resolve) => {
      const fail = (problem: string): void => {
        this.problem ??= problem;
        resolve();
      };
      const request = http.request(url, { method: 'POST', agent: false, headers });
      this.request = request;
      request.on('error', ({ message }) => fail(message));
      request.on('response', (response) => {
        if (response.statusCode !== 200) fail(`status ${response.statusCode}`);
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          this.take(text);
          if (this.acknowledged > 0) resolve();
        });
        response.on('error', ({ message }) => fail(message));
        response.on('end', () => fail('the stream ended'));
      });
      request.end(listenBody(this.id));
    });
  }

  close(): void {
    this.request?.destroy();
  }

  private take(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data:')) continue;
      const { method, params } = JSON.parse(line.slice(5)) as Notification;
      if (params?._meta?.[SUBSCRIPTION_ID] !== this.id) this.problem ??= `of another stream: ${line.slice(0, 200)}`;
      if (method === 'notifications/subscriptions/acknowledged') this.acknowledged++;
      else if (method === 'notifications/tools/list_changed') this.changes++;
      else this.problem ??= `unexpected: ${line.slice(0, 200)}`;
    }
  }
}

/** Many idle streams of one client, each checked to be told of a change once. */
export class ListenStreams {
  private readonly streams: readonly ListenStream[];

  constructor(
    private readonly job: ListenJob,
    private readonly patienceMs = PATIENCE_MS,
  ) {
    this.streams = Array.from({ length: job.streams }, (_, index) => new ListenStream(index + 1));
  }

  async open(): Promise<ListenResult> {
    for (let at = 0; at < this.streams.length; at += OPENING_AT_ONCE) {
      await Promise.all(this.streams.slice(at, at + OPENING_AT_ONCE).map((stream) => stream.open(this.job)));
    }
    return this.judge(({ acknowledged }) => (acknowledged === 1 ? null : `acknowledged ${acknowledged} times`));
  }

  async hear(): Promise<ListenResult> {
    const giveUpAt = Date.now() + this.patienceMs;
    while (this.streams.some(({ changes }) => changes === 0) && Date.now() < giveUpAt) await sleep(20);
    await sleep(REPEAT_MS);
    const result = this.judge(({ changes }) => (changes === 1 ? null : `told of the change ${changes} times`));
    for (const stream of this.streams) stream.changes = 0;
    return result;
  }

  async close(): Promise<void> {
    for (const stream of this.streams) stream.close();
    await sleep(50);
  }

  private judge(problemOf: (stream: ListenStream) => string | null): ListenResult {
    const problems = this.streams.flatMap((stream) => stream.problem ?? problemOf(stream) ?? []);
    return { errors: problems.length, errorSamples: [...new Set(problems)].slice(0, ERROR_SAMPLES_MAX) };
  }
}
