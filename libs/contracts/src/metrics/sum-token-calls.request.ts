import { defineRequest } from '../define.js';

/** What the calls with one token add up to since a moment, as far as records of them are kept. */
export const SumTokenCalls = defineRequest<
  {
    /** Its `jti`. */
    readonly tokenId: string;
    /** Its user, by whom records are found; without it all records since then are read. */
    readonly principalId?: string;
    readonly sinceMs: number;
  },
  {
    readonly count: number;
    readonly ok: number;
    /** That the gateway did not let through. */
    readonly refused: number;
    /** Null: there are none. */
    readonly avgMs: number | null;
    /** What was called most often, and how often: the method, with what it names. */
    readonly names: readonly { readonly name: string; readonly count: number }[];
  }
>('metrics', 'token-calls.sum', { deadlineMs: 5_000 });
