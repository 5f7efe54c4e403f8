import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { answerOf, api } from '../api/client.ts';
import { isLive } from '../api/live/live.ts';
import { gatewaysQuery } from '../api/queries.ts';
import { CALL_COLUMNS, CallTable } from '../kit/call-table.tsx';
import { Choice } from '../kit/choice.tsx';
import { FailureNotice } from '../kit/notice.tsx';
import { Empty, Page, Waiting } from '../kit/page.tsx';
import { goTo, pageUrl, useRoute } from '../kit/route.ts';
import { Search } from '../kit/search.tsx';
import { ViewsMenu } from '../kit/views-menu.tsx';
import { CallPage } from './call-page.tsx';
import { type Filter, asked, filterOf, hiddenOf } from './filter.ts';
import { Exports } from './exports.tsx';
import { LiveBar } from './live-bar.tsx';
import { merged } from './tail.ts';
import { useTail } from './use-tail.ts';

const PAGE = 50;
const FRESH_MS = 10_000;
const HISTORY_KEY = ['calls', 'history'];
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

const History = ({ query }: { readonly query: URLSearchParams }) => {
  const filter = filterOf(query);
  const hide = query.get('hide') ?? '';
  const hidden = useMemo(() => hiddenOf(hide), [hide]);
  const [isPaused, setPaused] = useState(false);
  const [isReading, setReading] = useState(false);
  const top = useRef<HTMLElement>(null);
  const isAway = useOutOfSight(top);
  const client = useQueryClient();
  const calls = useInfiniteQuery({
    queryKey: [...HISTORY_KEY, filter],
    queryFn: ({ signal, pageParam }) =>
      answerOf(api.GET('/v1/calls', { params: { query: { ...asked(filter), limit: PAGE, ...pageParam } }, signal })),
    initialPageParam: {},
    getNextPageParam: ({ nextCursor }) => (nextCursor === null ? undefined : { cursor: nextCursor }),
    // Who has gone further down reads, and is not moved.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 || isLive() ? false : FRESH_MS),
  });
  const askAnew = useCallback(() => void client.resetQueries({ queryKey: HISTORY_KEY }), [client]);
  const pages = calls.data?.pages ?? [];
  const tail = useTail(filter, isPaused || isReading || isAway || pages.length > 1, askAnew);
  const history = pages.flatMap((page) => page.calls);
  const shown = tail.isCut ? tail.shown : merged(history, tail.shown);
  const startAnew = (): void => {
    setPaused(false);
    setReading(false);
    askAnew();
    scrollTo(0, 0);
  };
  const isFiltered = [filter.name, filter.user, filter.outcome, filter.upstream].some(Boolean);
  return (
    <Page title="Calls" lead="Who called what, what became of it and why.">
      <section className="panel stack" ref={top}>
        <Filters filter={filter} hide={hide} />
        <div className="row apart">
          <ViewsMenu page="calls" query={query} />
          <Exports filter={filter} />
        </div>
        <LiveBar
          tail={tail}
          isPaused={isPaused}
          onPause={setPaused}
          onCatchUp={() => (pages.length > 1 ? startAnew() : (setPaused(false), setReading(false), scrollTo(0, 0)))}
          onAskAnew={startAnew}
        />
        {calls.isPending && <Waiting />}
        {calls.isError && <FailureNotice error={calls.error} />}
        {calls.data !== undefined && shown.length === 0 && <Nothing isFiltered={isFiltered} filter={filter} />}
        {shown.length > 0 && (
          <div onFocus={() => setReading(true)} onBlur={() => setReading(false)}>
            <CallTable calls={shown} hidden={hidden} />
          </div>
        )}
        {(calls.hasNextPage || tail.isCut) && (
          <div>
            <button
              type="button"
              className="button"
              disabled={calls.isFetchingNextPage}
              onClick={() => (tail.isCut ? startAnew() : void calls.fetchNextPage())}
            >
              {calls.isFetchingNextPage ? 'Loading …' : 'Older ones'}
            </button>
          </div>
        )}
      </section>
    </Page>
  );
};

/** Whether one has scrolled past its beginning. */
const useOutOfSight = (place: RefObject<HTMLElement | null>): boolean => {
  const [isOut, setOut] = useState(false);
  useEffect(() => {
    const look = (): void => setOut((place.current?.getBoundingClientRect().top ?? 0) < 0);
    addEventListener('scroll', look, { passive: true });
    return () => removeEventListener('scroll', look);
  }, [place]);
  return isOut;
};

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

const Filters = ({ filter, hide }: { readonly filter: Filter; readonly hide: string }) => {
  const upstreams = useQuery(gatewaysQuery);
  const hidden = hiddenOf(hide);
  const show = (change: Partial<Filter> & { readonly hide?: string }): void =>
    goTo(pageUrl(['calls'], { ...filter, hide, ...change }), { replace: true });
  return (
    <div className="row filters">
      <Search label="Tool, as it was called" value={filter.name} onChange={(name) => show({ name })} />
      <Search label="E-mail of the user" isFirst={false} value={filter.user} onChange={(user) => show({ user })} />
      <Choice label="Outcome" value={filter.outcome} choices={OUTCOMES} onChange={(outcome) => show({ outcome })} />
      <Choice
        label="Upstream"
        value={filter.upstream}
        choices={[['', 'Every upstream'], ...(upstreams.data ?? []).map(({ id, name }) => [id, name] as const)]}
        onChange={(upstream) => show({ upstream })}
      />
      <Choice label="Time" value={filter.hours} choices={SPANS} onChange={(hours) => show({ hours })} />
      <details className="columns">
        <summary className="button">Columns</summary>
        <fieldset className="stack">
          <legend className="unseen">Columns that are shown</legend>
          {CALL_COLUMNS.map((column) => (
            <label key={column} className="check">
              <input
                type="checkbox"
                checked={!hidden.has(column)}
                onChange={({ target: { checked } }) =>
                  show({
                    hide: CALL_COLUMNS.filter((one) => (one === column ? !checked : hidden.has(one))).join(','),
                  })
                }
              />
              {column}
            </label>
          ))}
        </fieldset>
      </details>
    </div>
  );
};
