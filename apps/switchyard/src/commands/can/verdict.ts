import type { Rest } from '../../gateway/rest.js';
import { printable } from '../../terminal/table.js';

/** May this user call this tool? */
interface AskedCall {
  readonly user: string;
  readonly tool: string;
  /** The id of a virtual server; the one that shows everything where there is none. */
  readonly server?: string;
}

/** As `GET /authz/explain` answers. */
export interface Verdict {
  readonly allowed: boolean;
  readonly rule: string;
  readonly because: string;
  readonly wouldChange: readonly string[];
}

export const explain = (rest: Rest, asked: AskedCall): Promise<Verdict> => rest.get('/v1/authz/explain', { ...asked });

export const verdictText = ({ allowed, rule, because, wouldChange }: Verdict): string =>
  [
    printable(`${allowed ? 'yes' : 'no'} (${rule}): ${because}`),
    ...wouldChange.map((change) => printable(`  ${allowed ? 'it would be no' : 'it would be yes'}: ${change}`)),
  ].join('\n');
