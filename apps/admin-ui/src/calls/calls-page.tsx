import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { answerOf, api } from '../api/client.ts';
import { gatewaysQuery } from '../api/queries.ts';
import { CallTable } from '../kit/call-table.tsx';
import { Choice } from '../kit/choice.tsx';
import { FailureNotice } from '../kit/notice.tsx';
import { Empty, Page, Waiting } from '../kit/page.tsx';
import { goTo, pageUrl, useRoute } from '../kit/route.ts';
import { Search } from '../kit/search.tsx';
import { CallPage } from './call-page.tsx';

const PAGE = 50;
const FRESH_MS = 5_000;
const HOUR_MS = 3_600_000;
const SPANS: readonly (readonly [hours: string, words: string])[] = [
  ['1', 'Last hour'],
  ['24', 'Last day'],
  ['168', 'Last week'],
];
const OUTCOMES: readonly (readonly [value: string, words: string])[] = [
  ['', 'Every outcome'],
  ['refused', 'Refused'],
  ['error,tool_error,unknown', 'Failed'],
  ['refused,error,tool_error,unknown', 'Failed or refused'],
  ['ok', 'Done'],
  ['cancelled', 'Cancelled'],
];

const Calls = () => {
  const { path, query } = useRoute();
  const [, id] = path;
  return id === undefined ? <History query={query} /> : <CallPage id={id} />;
};

export default Calls;

/** What is asked for, as it stands in the address. */
interface Filter {
  readonly name: string;
  readonly user: string;
  readonly outcome: string;
  readonly upstream: string;
  readonly hours: string;
}

const History = ({ query }: { readonly query: URLSearchParams }) => {
  const filter: Filter = {
    name: query.get('name') ?? '',
    user: query.get('user') ?? '',
    outcome: query.get('outcome') ?? '',
    upstream: query.get('upstream') ?? '',
    hours: query.get('hours') ?? '24',
  };
  const calls = useInfiniteQuery({
    queryKey: ['calls', 'history', filter],
    queryFn: ({ signal, pageParam }) =>
      answerOf(api.GET('/v1/calls', { params: { query: { ...asked(filter), limit: PAGE, ...pageParam } }, signal })),
    initialPageParam: {},
    getNextPageParam: ({ nextCursor }) => (nextCursor === null ? undefined : { cursor: nextCursor }),
    // Who has gone further down reads, and is not moved.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : FRESH_MS),
  });
  const shown = calls.data?.pages.flatMap((page) => page.calls) ?? [];
  const isFiltered = [filter.name, filter.user, filter.outcome, filter.upstream].some(Boolean);
  return (
    <Page title="Calls" lead="Who called what, what became of it and why.">
      <section className="panel stack">
        <Filters filter={filter} />
        {calls.isPending && <Waiting />}
        {calls.isError && <FailureNotice error={calls.error} />}
        {calls.data !== undefined && shown.length === 0 && <Nothing isFiltered={isFiltered} filter={filter} />}
        {shown.length > 0 && <CallTable calls={shown} />}
        {calls.hasNextPage && (
          <div>
            <button
              type="button"
              className="button"
              disabled={calls.isFetchingNextPage}
              onClick={() => void calls.fetchNextPage()}
            >
              {calls.isFetchingNextPage ? 'Loading …' : 'Older ones'}
            </button>
          </div>
        )}
      </section>
    </Page>
  );
};

const asked = ({ name, user, outcome, upstream, hours }: Filter) => ({
  since: new Date(Date.now() - Number(hours) * HOUR_MS).toISOString(),
  ...(name !== '' && { name }),
  ...(user !== '' && { user }),
  ...(outcome !== '' && { outcome }),
  ...(upstream !== '' && { upstream }),
});

const Nothing = ({ isFiltered, filter }: { readonly isFiltered: boolean; readonly filter: Filter }) =>
  isFiltered ? (
    <p className="quiet">
      Nothing is like that. <a href={pageUrl(['calls'], { hours: filter.hours })}>Show every call</a>
    </p>
  ) : (
    <Empty title="No call yet">
      <p className="quiet">Try a tool here, or point a client at the gateway.</p>
      <div className="row">
        <a className="button primary" href={pageUrl(['tools'])}>
          Try a tool
        </a>
        <a className="button" href={pageUrl(['connect'])}>
          Connect a client
        </a>
      </div>
    </Empty>
  );

const Filters = ({ filter }: { readonly filter: Filter }) => {
  const upstreams = useQuery(gatewaysQuery);
  const show = (change: Partial<Filter>): void => goTo(pageUrl(['calls'], { ...filter, ...change }), { replace: true });
  return (
    <div className="row filters">
      <Search label="Tool, as it was called" value={filter.name} onChange={(name) => show({ name })} />
      <Search label="E-mail of the user" value={filter.user} onChange={(user) => show({ user })} />
      <Choice label="Outcome" value={filter.outcome} choices={OUTCOMES} onChange={(outcome) => show({ outcome })} />
      <Choice
        label="Upstream"
        value={filter.upstream}
        choices={[['', 'Every upstream'], ...(upstreams.data ?? []).map(({ id, name }) => [id, name] as const)]}
        onChange={(upstream) => show({ upstream })}
      />
      <Choice label="Time" value={filter.hours} choices={SPANS} onChange={(hours) => show({ hours })} />
    </div>
  );
};
