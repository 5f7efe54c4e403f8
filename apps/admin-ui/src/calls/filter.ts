import type { View } from '../api/client.ts';
import { CALL_COLUMNS, type CallColumn } from '../kit/call-table.tsx';

const HOUR_MS = 3_600_000;

/** What is asked for, as it stands in the address. */
export interface Filter {
  readonly name: string;
  readonly user: string;
  readonly outcome: string;
  readonly upstream: string;
  readonly hours: string;
}

export const filterOf = (query: URLSearchParams): Filter => ({
  name: query.get('name') ?? '',
  user: query.get('user') ?? '',
  outcome: query.get('outcome') ?? '',
  upstream: query.get('upstream') ?? '',
  hours: query.get('hours') ?? '24',
});

/** Columns that are not shown, by names between commas; what is no column is nothing. */
export const hiddenOf = (hide: string): ReadonlySet<CallColumn> =>
  new Set(CALL_COLUMNS.filter((column) => hide.split(',').includes(column)));

/** As the gateway is asked. */
export const asked = ({ name, user, outcome, upstream, hours }: Filter) => ({
  since: new Date(Date.now() - Number(hours) * HOUR_MS).toISOString(),
  ...(name !== '' && { name }),
  ...(user !== '' && { user }),
  ...(outcome !== '' && { outcome }),
  ...(upstream !== '' && { upstream }),
});

/** Whether a call that has just happened is one of them. */
export const isAsked =
  ({ name, user, outcome, upstream }: Filter) =>
  (call: View<'CallView'>): boolean =>
    (name === '' || call.name === name) &&
    (user === '' || call.user?.toLowerCase() === user.toLowerCase()) &&
    (upstream === '' || call.upstreamId === upstream) &&
    (outcome === '' || outcome.split(',').includes(call.outcome));
