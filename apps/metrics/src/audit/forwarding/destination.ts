import type { ProvenRecordView } from '../audit.view.js';

/** Where the audit trail is sent on to. */
export interface Destination {
  /** Stands for it in the database and in the log. */
  readonly name: string;
  /** Resolves when all of them were taken, in their order. Rejects otherwise: then all of them come again. */
  send(records: readonly ProvenRecordView[]): Promise<void>;
}
