import { setTimeout as sleep } from 'node:timers/promises';
import type { ListenResult } from './load/load-job.js';
import { type LoadGenerator, untilQuiet } from './measure.js';
import { costOf } from './subject/process-cost.js';
import type { Subject } from './subject/subject.js';

export const STREAMS = 1_000;
/** Longer than the beat that looks after streams, so that what it keeps is seen. */
const SETTLE_MS = 1_500;

/** What idle streams take: resident memory of all processes of the subject, each time without its garbage. */
export interface ListenMeasurement {
  readonly beforeMb: number;
  readonly openMb: number;
  readonly afterMb: number;
  readonly kbPerStream: number;
  readonly errors: number;
  readonly errorSamples: readonly string[];
}

export const measureListening = async (generator: LoadGenerator, subject: Subject): Promise<ListenMeasurement> => {
  const results: ListenResult[] = [];
  const memoryMb = async (): Promise<number> => {
    await sleep(SETTLE_MS);
    await subject.collect();
    await untilQuiet(subject);
    return costOf(subject.pids).gatewayRssBytes / 1024 ** 2;
  };
  const beforeMb = await memoryMb();
  const job = { url: subject.urls[0] as string, token: subject.token, streams: STREAMS };
  results.push(await generator.run({ kind: 'listen-open', job }));
  const openMb = await memoryMb();
  const heard = generator.run({ kind: 'listen-hear' });
  await subject.change();
  results.push(await heard);
  await generator.run({ kind: 'listen-close' });
  const afterMb = await memoryMb();
  return {
    beforeMb,
    openMb,
    afterMb,
    kbPerStream: ((openMb - beforeMb) * 1024) / STREAMS,
    errors: results.reduce((sum, { errors }) => sum + errors, 0),
    errorSamples: results.flatMap(({ errorSamples }) => errorSamples),
  };
};
