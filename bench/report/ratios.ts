import type { Measurement } from '../measure.js';
import { type Row, medianOf } from './report.js';

/**
 * What a subject costs beside another one, which outlives a change of machine. Each figure is the median of what the
 * rounds say, and each round compares two measurements that were made one after the other: a machine that is slow for a
 * while is slow for both.
 */
export interface Ratio {
  readonly scenario: string;
  readonly subject: string;
  readonly against: string;
  /** Calls per second, as a share of the other's. */
  readonly throughput: number;
  /** Processor time per call, as a multiple of the other's. */
  readonly cpu: number;
  /** The least and the most that a round said of it. */
  readonly cpuRange: readonly [number, number];
  readonly addedP50Ms: number;
  readonly addedP99Ms: number;
}

export const UPSTREAM = 'upstream alone';
export const BASE = 'bare proxy';
/** A gateway of another checkout, measured beside this one's. */
export const beforeOf = (subject: string): string => `${subject} before`;

/** The same gateway, of whose traces this share is exported. */
export const tracedOf = (subject: string, share: number): string => `${subject}, ${share * 100} % traced`;
/** The same gateway, of each of whose services so many processes run. */
export const withWorkers = (subject: string, workers: number): string => `${subject}, ${workers} workers`;
/** The same gateway, called by a member of a team by a role there, where so many users are on record. */
export const withMember = (subject: string, users: number): string => `${subject}, a member among ${users} users`;
/** The same gateway, of whose tools one of another kind than MCP is called. */
export const kindOf = (subject: string, kind: 'REST' | 'gRPC'): string => `${subject}, ${kind} tool`;
const plainOf = (subject: string): string =>
  subject.replace(/, (?:[\d.]+ % traced|\d+ workers|a member among \d+ users|(?:REST|gRPC) tool)$/, '');

export const ratiosOf = (rows: readonly Row[]): Ratio[] =>
  rows.flatMap((row) => {
    if (row.subject === BASE || row.subject === UPSTREAM) return [];
    const others = rows.filter(
      ({ scenario, subject }) =>
        scenario === row.scenario &&
        subject !== row.subject &&
        [BASE, beforeOf(plainOf(row.subject)), plainOf(row.subject)].includes(subject),
    );
    return others.map((other) => ratioOf(row, other));
  });

const ratioOf = ({ scenario, subject, rounds }: Row, other: Row): Ratio => {
  const each = (value: (own: Measurement, base: Measurement) => number): number[] =>
    rounds.map((round, index) => value(round, other.rounds[index] as Measurement));
  const cpu = each((own, base) => own.cpuUsPerCall / base.cpuUsPerCall);
  return {
    scenario,
    subject,
    against: other.subject,
    throughput: medianOf(each((own, base) => own.callsPerSecond / base.callsPerSecond)),
    cpu: medianOf(cpu),
    cpuRange: [Math.min(...cpu), Math.max(...cpu)],
    addedP50Ms: medianOf(each((own, base) => own.p50Ms - base.p50Ms)),
    addedP99Ms: medianOf(each((own, base) => own.p99Ms - base.p99Ms)),
  };
};
