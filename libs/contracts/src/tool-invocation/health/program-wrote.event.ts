import { defineEvent } from '../../define.js';

/** What a program of an upstream does besides MCP. `skipped`: how many lines were too many to be told. */
export const PROGRAM_LINE_KINDS = ['started', 'wrote', 'skipped', 'ended'] as const;

/** One thing that happened to a program, in its order. */
export interface ProgramLine {
  /** ISO 8601. */
  readonly at: string;
  readonly kind: (typeof PROGRAM_LINE_KINDS)[number];
  /** Without what was presented to the program, nor what looks like a secret. */
  readonly text: string;
}

/** What the program of an upstream wrote to stderr, and that it started or ended, at most twice a second. */
export const ProgramWrote = defineEvent<{
  readonly upstreamId: string;
  /** The same where it is told again. */
  readonly batch: string;
  readonly lines: readonly ProgramLine[];
}>('tool-invocation', 'upstream.program-wrote');
