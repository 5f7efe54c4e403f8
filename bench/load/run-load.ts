import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { AnswerCheck } from './answer-check.js';
import { type HttpAnswer, HttpConnection, headerOf } from './http-connection.js';
import type { LoadJob, LoadResult } from './load-job.js';
import { bodyWriter, headOf, initializeBody, initializedBody, mirrorHeaders, requestOf } from './message.js';

const ERROR_SAMPLES_MAX = 5;
const TOO_MANY = 429;

/** Keeps every lane busy, but for its pauses, until the time or the number of calls is up; checks every answer. */
export const runLoad = async (job: LoadJob): Promise<LoadResult> => {
  const lanes = await Promise.all(Array.from({ length: job.connections }, () => Lane.open(job)));
  const latencies = new Float64Array(job.callsMax);
  const errorSamples: string[] = [];
  const check = new AnswerCheck(job.scenario);
  const writeBody = bodyWriter(job.scenario, job.toolPrefix);
  let calls = 0;
  let errors = 0;
  let refused = 0;
  let nextId = 1;

  const startedAt = performance.now();
  const endsAt = startedAt + job.durationMs;
  const fail = (problem: string): void => {
    errors++;
    if (errorSamples.length < ERROR_SAMPLES_MAX) errorSamples.push(problem);
  };

  const drive = async (lane: Lane): Promise<void> => {
    for (let now = performance.now(); now < endsAt && nextId <= job.callsMax; ) {
      const id = nextId++;
      try {
        const answer = await lane.call(writeBody(id));
        if (answer.status === TOO_MANY) {
          refused++;
          // Not all at the same moment, as good clients do.
          const pauseMs = 1_000 * Number(headerOf(answer.head, 'retry-after')) * (1 + Math.random());
          await sleep(Math.max(0, Math.min(pauseMs, endsAt - performance.now())));
          now = performance.now();
          continue;
        }
        const after = performance.now();
        latencies[calls++] = after - now;
        now = after;
        const problem = check.problemOf(id, answer);
        if (problem !== null) fail(problem);
        if (job.pauseMs !== undefined) {
          await sleep(job.pauseMs);
          now = performance.now();
        }
      } catch (error) {
        fail(error instanceof Error ? error.message : String(error));
        await lane.reopen();
        now = performance.now();
      }
    }
  };
  await Promise.all(lanes.map(drive));
  const elapsedMs = performance.now() - startedAt;
  for (const lane of lanes) lane.close();

  const sorted = latencies.subarray(0, calls).sort();
  const percentile = (share: number): number => sorted[Math.min(calls - 1, Math.floor(calls * share))] ?? 0;
  return {
    calls,
    elapsedMs,
    refused,
    p50Ms: percentile(0.5),
    p95Ms: percentile(0.95),
    p99Ms: percentile(0.99),
    errors,
    errorSamples,
  };
};

interface Way {
  readonly url: string;
  connection: HttpConnection;
  readonly head: string;
}

/** A client: a connection to each of the URLs, used in turn, and in the older era one session for all of them. */
class Lane {
  private turn = 0;

  private constructor(private readonly ways: readonly Way[]) {}

  static async open(job: LoadJob): Promise<Lane> {
    const connections = await Promise.all(job.urls.map(connectTo));
    const sessionId = job.scenario.era === 'legacy' ? await openSession(connections, job) : null;
    const headers = mirrorHeaders(job.scenario, sessionId, job.toolPrefix);
    return new Lane(
      connections.map((connection, index) => {
        const url = job.urls[index] as string;
        return { url, connection, head: headOf(url, job.token, headers) };
      }),
    );
  }

  async call(body: string): Promise<HttpAnswer> {
    const way = this.ways[this.turn++ % this.ways.length] as Way;
    const answer = await way.connection.send(requestOf(way.head, body));
    if (headerOf(answer.head, 'connection') === 'close') way.connection = await connectTo(way.url);
    return answer;
  }

  async reopen(): Promise<void> {
    this.close();
    for (const way of this.ways) way.connection = await connectTo(way.url);
  }

  close(): void {
    for (const { connection } of this.ways) connection.close();
  }
}

const connectTo = (url: string): Promise<HttpConnection> => {
  const { hostname, port } = new URL(url);
  return HttpConnection.open(hostname, Number(port));
};

/** Opened at the first, completed at the last. */
const openSession = async (connections: readonly HttpConnection[], job: LoadJob): Promise<string | null> => {
  const { urls, token, scenario } = job;
  const first = connections[0] as HttpConnection;
  const hello = await first.send(requestOf(headOf(urls[0] as string, token, {}), initializeBody));
  if (hello.status !== 200) throw new Error(`initialize: status ${hello.status}: ${hello.body}`);
  const sessionId = headerOf(hello.head, 'mcp-session-id');
  const last = connections.at(-1) as HttpConnection;
  const head = headOf(urls.at(-1) as string, token, mirrorHeaders(scenario, sessionId));
  const done = await last.send(requestOf(head, initializedBody));
  if (done.status !== 202) throw new Error(`initialized: status ${done.status}: ${done.body}`);
  return sessionId;
};
