import { setTimeout as sleep } from 'node:timers/promises';
import { HalfSent } from './load/half-sent.js';
import { type LoadGenerator, type LoadSettings, untilQuiet } from './measure.js';
import type { Scenario } from './scenario.js';
import type { Subject } from './subject/subject.js';

/** Connections of the modest caller. */
const MODEST = 4;
/** Calls that the greedy one wants to have in hand: ten times what one upstream takes at once. */
const GREEDY = 2_000;
/** So that the greedy caller has all of its share before anything is measured, and until it has been. */
const AHEAD_MS = 4_000;

/** More than there are places. */
const STRANGERS = 520;

const ECHO: Scenario = { name: 'modest', work: 'echo', era: 'modern', sprayed: false };
const SLOW: Scenario = { name: 'greedy', work: 'slow', era: 'modern', sprayed: false };

/** What one caller notices of another that asks for ten times as much as there is, and of strangers that send halves of requests. */
export interface NeighbourMeasurement {
  readonly aloneP50Ms: number;
  readonly aloneP99Ms: number;
  readonly besideP50Ms: number;
  readonly besideP99Ms: number;
  /** Calls of the greedy caller that were answered, and that were refused with 429. */
  readonly strangersP50Ms: number;
  readonly strangersP99Ms: number;
  /** How many requests of strangers were cut off meanwhile. */
  readonly strangersCut: number;
  readonly greedyServed: number;
  readonly greedyRefused: number;
  /** Of the modest caller: a refusal is an error, too. */
  readonly errors: number;
  readonly errorSamples: readonly string[];
}

export const measureNeighbour = async (
  modest: LoadGenerator,
  greedy: LoadGenerator,
  subject: Subject,
  { callsMax, durationMs }: LoadSettings,
): Promise<NeighbourMeasurement> => {
  const urls = subject.urls.slice(0, 1);
  const echo = { scenario: ECHO, urls, token: subject.token, connections: MODEST, callsMax, durationMs };
  await untilQuiet(subject);
  await modest.run({ kind: 'load', job: echo });
  const alone = await modest.run({ kind: 'load', job: echo });
  const ends = durationMs + 2 * AHEAD_MS;
  const slow = { scenario: SLOW, urls, token: subject.otherToken, connections: GREEDY, callsMax, durationMs: ends };
  const flood = greedy.run({ kind: 'load', job: slow });
  await sleep(AHEAD_MS);
  const beside = await modest.run({ kind: 'load', job: echo });
  const { calls, refused } = await flood;
  const [url] = urls as [string];
  const strangers = new HalfSent(new URL(url), STRANGERS);
  await sleep(AHEAD_MS / 2);
  const amongStrangers = await modest.run({ kind: 'load', job: echo });
  strangers.stop();
  const measured = [alone, beside, amongStrangers];
  return {
    aloneP50Ms: alone.p50Ms,
    aloneP99Ms: alone.p99Ms,
    besideP50Ms: beside.p50Ms,
    besideP99Ms: beside.p99Ms,
    strangersP50Ms: amongStrangers.p50Ms,
    strangersP99Ms: amongStrangers.p99Ms,
    strangersCut: strangers.cut,
    greedyServed: calls,
    greedyRefused: refused,
    errors: measured.reduce((sum, { errors, refused }) => sum + errors + refused, 0),
    errorSamples: measured.flatMap(({ errorSamples }) => errorSamples),
  };
};
