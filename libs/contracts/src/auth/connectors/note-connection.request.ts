import { defineRequest } from '../../define.js';

/** What became of a connection that a connector made, or wanted to make. */
export interface ConnectionNote {
  readonly what: 'opened' | 'closed' | 'refused';
  /** When, ISO 8601. */
  readonly at: string;
  /** `null`: nobody knows who it was. */
  readonly connectorId: string | null;
  /** What people call it. */
  readonly label: string | null;
  /** Where it came from, or its network. */
  readonly address: string;
  /** Of the upstreams that it serves, or wanted to. */
  readonly names: readonly string[];
  readonly zone: string | null;
  /** Why it was closed or refused. */
  readonly reason: string | null;
  /** Refusals before this one that were too many to be noted each. */
  readonly unnoted: number;
}

/** Puts them into the audit trail; answered when they are committed. */
export const NoteConnections = defineRequest<{ readonly notes: readonly ConnectionNote[] }, { readonly noted: true }>(
  'auth',
  'connection.note',
  { deadlineMs: 5_000 },
);
