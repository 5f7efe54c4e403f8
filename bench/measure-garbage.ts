import type { LoadResult } from './load/load-job.js';
import { type LoadGenerator, type LoadSettings, untilQuiet } from './measure.js';
import type { Scenario, Work } from './scenario.js';
import type { Subject } from './subject/subject.js';

/** What a request leaves to the collector, and how long it keeps others waiting. */
export interface GarbageMeasurement {
  /** Of a call, which has a record, and of a list, which has none. */
  readonly call: Figures;
  readonly list: Figures;
  readonly errors: number;
  readonly errorSamples: readonly string[];
}

interface Figures {
  /** Allocated in the heaps of all Node processes, per request. */
  readonly kb: number;
  /** The longest turn of the event loop but for one in a thousand, of the process where it was longest. */
  readonly turnP999Ms: number;
}

interface Seen {
  readonly bytes: number;
  readonly turnP999Ms: number;
}

const SAMPLE_MS = 1;

const WATCH = `{
  const { GCProfiler } = process.getBuiltinModule('v8');
  const { monitorEventLoopDelay } = process.getBuiltinModule('perf_hooks');
  const seen = { gc: new GCProfiler(), loop: monitorEventLoopDelay({ resolution: ${SAMPLE_MS} }) };
  seen.gc.start();
  seen.loop.enable();
  seen.usedBytes = process.memoryUsage().heapUsed;
  globalThis.benchSeen = seen;
  undefined;
}`;

/** What was used before each collection, less what was left by the one before it. */
const TELL = `(({ gc, loop, usedBytes }) => {
  loop.disable();
  let bytes = 0;
  let leftBytes = usedBytes;
  for (const { beforeGC, afterGC } of gc.stop().statistics) {
    bytes += beforeGC.heapStatistics.usedHeapSize - leftBytes;
    leftBytes = afterGC.heapStatistics.usedHeapSize;
  }
  bytes += process.memoryUsage().heapUsed - leftBytes;
  return { bytes, turnP999Ms: loop.percentile(99.9) / 1e6 - ${SAMPLE_MS} };
})(globalThis.benchSeen)`;

/** `subject` can be looked into. */
export const measureGarbage = async (
  generator: LoadGenerator,
  subject: Subject & Required<Pick<Subject, 'evaluate'>>,
  { connections, callsMax, durationMs, warmUpMs }: LoadSettings,
): Promise<GarbageMeasurement> => {
  const results: LoadResult[] = [];
  const measure = async (work: Work): Promise<Figures> => {
    const scenario: Scenario = { name: work, work, era: 'modern', sprayed: false };
    const urls = subject.urls.slice(0, 1);
    const load = async (ms: number): Promise<LoadResult> => {
      const job = { scenario, urls, token: subject.token, connections, callsMax, durationMs: ms };
      const result = await generator.run({ kind: 'load', job });
      results.push(result);
      return result;
    };
    await load(warmUpMs);
    await untilQuiet(subject);
    await subject.evaluate(WATCH);
    const { calls } = await load(durationMs);
    const seen = (await subject.evaluate(TELL)) as Seen[];
    const bytes = seen.reduce((sum, one) => sum + one.bytes, 0);
    return { kb: bytes / 1_024 / Math.max(1, calls), turnP999Ms: Math.max(...seen.map((one) => one.turnP999Ms)) };
  };
  const call = await measure('echo');
  const list = await measure('list');
  return {
    call,
    list,
    errors: results.reduce((sum, { errors }) => sum + errors, 0),
    errorSamples: results.flatMap(({ errorSamples }) => errorSamples),
  };
};
