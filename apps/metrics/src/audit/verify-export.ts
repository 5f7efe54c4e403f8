import { type ProvenRecordView, recordOf } from './audit.view.js';
import { type Link, faultAfter, faultOf } from './chain.js';

/** What an export of the audit trail says of itself. */
export interface ExportVerdict {
  readonly records: number;
  /** Places at which records are missing; where the export chose by a filter, there are some. */
  readonly gaps: number;
  /** The first record with a fault, or null. */
  readonly brokenAt: number | null;
  readonly fault: string | null;
  /** The last record. */
  readonly last: Link | null;
}

/**
 * Whether the lines of an export (`GET /audit/export`) are as the gateway wrote them, and follow each other. Throws for a line that
 * is no record.
 */
export const verifyExport = async (lines: AsyncIterable<string>): Promise<ExportVerdict> => {
  let [records, gaps] = [0, 0];
  let last: Link | null = null;
  for await (const line of lines) {
    if (line === '') continue;
    const record = recordOf(parse(line, records + 1));
    const follows: boolean = last !== null && record.seq === last.seq + 1;
    if (last !== null && !follows) gaps += 1;
    const fault = last !== null && follows ? faultAfter(last, record) : faultOf(record);
    if (fault !== null) return { records, gaps, brokenAt: record.seq, fault, last };
    records += 1;
    last = { seq: record.seq, hash: record.hash };
  }
  return { records, gaps, brokenAt: null, fault: null, last };
};

const parse = (line: string, number: number): ProvenRecordView => {
  try {
    const record = JSON.parse(line) as ProvenRecordView;
    if (typeof record.proof.hash === 'string' && typeof record.resource.type === 'string') return record;
  } catch {
    // Said below.
  }
  throw new Error(`record ${number} is none of an export of the audit trail`);
};
