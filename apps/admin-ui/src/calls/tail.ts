import type { View } from '../api/client.ts';

type Call = View<'CallView'>;

/** More rows than anybody reads, and no more than a browser lays out between two frames. */
export const ROWS_MAX = 200;

/** Calls as they come, the newest first. */
export interface Tail {
  readonly rows: readonly Call[];
  /** What is in sight: while somebody reads, what was there when they began. */
  readonly shown: readonly Call[];
  readonly isHeld: boolean;
  /** How many have come since it is held. */
  readonly waiting: number;
  /** Calls that came faster than they are told. */
  readonly missed: number;
  /** Between these and those that were there before are others. */
  readonly isCut: boolean;
}

export const EMPTY_TAIL: Tail = { rows: [], shown: [], isHeld: false, waiting: 0, missed: 0, isCut: false };

const newestFirst = (one: Call, other: Call): number =>
  other.startedAt === one.startedAt ? (other.id < one.id ? -1 : 1) : other.startedAt < one.startedAt ? -1 : 1;

/** Each call once, as it was told last. */
export const merged = (rows: readonly Call[], fresh: readonly Call[]): readonly Call[] => {
  if (fresh.length === 0) return rows;
  const byId = new Map(rows.map((call) => [call.id, call]));
  for (const call of fresh) byId.set(call.id, call);
  return [...byId.values()].sort(newestFirst);
};

export const grown = (tail: Tail, fresh: readonly Call[], missed: number): Tail => {
  if (fresh.length === 0 && missed === 0) return tail;
  const all = merged(tail.rows, fresh);
  const rows = all.slice(0, ROWS_MAX);
  return {
    rows,
    shown: tail.isHeld ? tail.shown : rows,
    isHeld: tail.isHeld,
    waiting: tail.isHeld ? tail.waiting + all.length - tail.rows.length : 0,
    missed: tail.missed + missed,
    isCut: tail.isCut || missed > 0 || all.length > ROWS_MAX,
  };
};

export const held = (tail: Tail, isHeld: boolean): Tail =>
  isHeld === tail.isHeld ? tail : { ...tail, isHeld, waiting: 0, shown: tail.rows };
