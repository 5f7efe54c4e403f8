import { defineRequest } from '../define.js';

/** What one instance has open at an upstream. */
export interface UpstreamUse {
  /** Sessions, and connections that need none. */
  readonly conversations: number;
  /** Calls in flight. */
  readonly running: number;
  /** Calls that wait for a place within the limit. */
  readonly waiting: number;
  /** Calls are refused because it has just failed again and again. */
  readonly breakerOpen: boolean;
}

/** What the instance that answers has open at this upstream; others may have more. */
export const DescribeUse = defineRequest<{ readonly upstreamId: string }, UpstreamUse>(
  'tool-invocation',
  'use.describe',
  { deadlineMs: 2_000 },
);
