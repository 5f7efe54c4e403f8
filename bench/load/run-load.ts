import { performance } from 'node:perf_hooks';
import { AnswerCheck } from './answer-check.js';
import { HttpConnection, headerOf } from './http-connection.js';
import type { LoadJob, LoadResult } from './load-job.js';
import { bodyWriter, headOf, initializeBody, initializedBody, mirrorHeaders, requestOf } from './message.js';

const ERROR_SAMPLES_MAX = 5;

/** Keeps every connection busy until the time or the number of calls is up; checks every answer. */
export const runLoad = async (job: LoadJob): Promise<LoadResult> => {
  const lanes = await Promise.all(Array.from({ length: job.connections }, () => openLane(job)));
  const latencies = new Float64Array(job.callsMax);
  const errorSamples: string[] = [];
  const check = new AnswerCheck(job.scenario);
  const writeBody = bodyWriter(job.scenario);
  let calls = 0;
  let errors = 0;
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
        const answer = await lane.connection.send(requestOf(lane.head, writeBody(id)));
        const after = performance.now();
        latencies[calls++] = after - now;
        now = after;
        const problem = check.problemOf(id, answer);
        if (problem !== null) fail(problem);
        if (headerOf(answer.head, 'connection') === 'close') lane.connection = (await openLane(job)).connection;
      } catch (error) {
        fail(error instanceof Error ? error.message : String(error));
        lane.connection.close();
        lane.connection = (await openLane(job)).connection;
        now = performance.now();
      }
    }
  };
  await Promise.all(lanes.map(drive));
  const elapsedMs = performance.now() - startedAt;
  for (const { connection } of lanes) connection.close();

  const sorted = latencies.subarray(0, calls).sort();
  const percentile = (share: number): number => sorted[Math.min(calls - 1, Math.floor(calls * share))] ?? 0;
  return {
    calls,
    elapsedMs,
    p50Ms: percentile(0.5),
    p95Ms: percentile(0.95),
    p99Ms: percentile(0.99),
    errors,
    errorSamples,
  };
};

interface Lane {
  connection: HttpConnection;
  readonly head: string;
}

/** A connection and, for an older client, a session of its own. */
const openLane = async (job: LoadJob): Promise<Lane> => {
  const { hostname, port } = new URL(job.url);
  const connection = await HttpConnection.open(hostname, Number(port));
  const sessionId = job.scenario.era === 'legacy' ? await openSession(connection, job) : null;
  return { connection, head: headOf(job, mirrorHeaders(job.scenario, sessionId)) };
};

const openSession = async (connection: HttpConnection, job: LoadJob): Promise<string | null> => {
  const hello = await connection.send(requestOf(headOf(job, {}), initializeBody));
  if (hello.status !== 200) throw new Error(`initialize: status ${hello.status}: ${hello.body}`);
  const sessionId = headerOf(hello.head, 'mcp-session-id');
  const done = await connection.send(requestOf(headOf(job, mirrorHeaders(job.scenario, sessionId)), initializedBody));
  if (done.status !== 202) throw new Error(`initialized: status ${done.status}: ${done.body}`);
  return sessionId;
};
