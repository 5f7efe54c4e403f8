import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { answerOf, api } from '../api/client.ts';
import { gatewaysQuery } from '../api/queries.ts';
import { Choice } from '../kit/choice.tsx';
import { FailureNotice } from '../kit/notice.tsx';
import { Empty, Page, Waiting } from '../kit/page.tsx';
import { goTo, pageUrl, useRoute } from '../kit/route.ts';
import { ChooseRow, type Selection, useSelection } from '../kit/selection.tsx';
import { Time, count } from '../kit/text.tsx';
import { ApproveSeveral } from './approve-several.tsx';
import { ChangePage } from './change-page.tsx';
import { type Change, ChangeStateMark, ClassMark, isOpen } from './change-words.tsx';
import './approvals.css';

const PAGE = 50;

type Shown = 'waiting' | 'open' | 'all';
const STATES: Readonly<Record<Shown, Change['state'][] | undefined>> = {
  waiting: ['pending'],
  open: ['kept', 'blocked'],
  all: undefined,
};
const WORDS: readonly (readonly [Shown, string])[] = [
  ['waiting', 'What waits'],
  ['open', 'Kept or blocked'],
  ['all', 'All changes'],
];

const Approvals = () => {
  const { path, query } = useRoute();
  const [, id] = path;
  if (id !== undefined) return <ChangePage key={id} id={id} />;
  const shown = WORDS.find(([key]) => key === query.get('show'))?.[0] ?? 'waiting';
  return <Changes shown={shown} upstream={query.get('upstream') ?? ''} />;
};

export default Approvals;

/** What upstreams have changed of their tools: first what waits for somebody. */
const Changes = ({ shown, upstream }: { readonly shown: Shown; readonly upstream: string }) => {
  const upstreams = useQuery(gatewaysQuery);
  const changes = useInfiniteQuery({
    queryKey: ['changes', 'list', shown, upstream],
    queryFn: ({ signal, pageParam }) => {
      const state = STATES[shown];
      const query = {
        limit: PAGE,
        ...(state !== undefined && { state }),
        ...(upstream !== '' && { gatewayId: upstream }),
        ...pageParam,
      };
      return answerOf(api.GET('/v1/changes', { params: { query }, signal }));
    },
    initialPageParam: {},
    getNextPageParam: ({ nextCursor }) => (nextCursor === null ? undefined : { cursor: nextCursor }),
  });
  const found = changes.data?.pages.flatMap((page) => page.changes) ?? [];
  const pending = changes.data?.pages[0]?.pending;
  const show = (next: { readonly show?: string; readonly upstream?: string }): void =>
    goTo(pageUrl(['approvals'], { show: shown, upstream, ...next }), { replace: true });
  return (
    <Page title="Approvals" lead={leadOf(pending)}>
      <section className="panel stack">
        <div className="row filters">
          <Choice label="Which changes" value={shown} choices={WORDS} onChange={(next) => show({ show: next })} />
          <Choice
            label="Of which upstream"
            value={upstream}
            choices={[['', 'Of every upstream'], ...(upstreams.data ?? []).map(({ id, name }) => [id, name] as const)]}
            onChange={(next) => show({ upstream: next })}
          />
        </div>
        {changes.isPending && <Waiting />}
        {changes.isError && <FailureNotice error={changes.error} />}
        {changes.data !== undefined && <List key={`${shown} ${upstream}`} changes={found} shown={shown} />}
        {changes.hasNextPage && (
          <div>
            <button
              type="button"
              className="button"
              disabled={changes.isFetchingNextPage}
              onClick={() => void changes.fetchNextPage()}
            >
              Older ones
            </button>
          </div>
        )}
      </section>
    </Page>
  );
};

const leadOf = (pending: number | undefined): string => {
  if (pending === undefined) return 'What upstreams have changed of their tools.';
  return pending === 0
    ? 'Nothing waits: every tool is served as its upstream offers it, or as was decided.'
    : `${count(pending, 'change')} ${pending === 1 ? 'waits' : 'wait'}: until then tools are served as they were.`;
};

const Nothing = ({ shown }: { readonly shown: Shown }) => (
  <Empty title={shown === 'waiting' ? 'Nothing waits for you' : 'There is no such change'}>
    <p className="quiet">
      Changes wait where an upstream is told to hold them: open it, and choose what becomes of changed tools.
    </p>
    <a className="button" href={pageUrl(['upstreams'])}>
      To the upstreams
    </a>
  </Empty>
);

const List = ({ changes, shown }: { readonly changes: readonly Change[]; readonly shown: Shown }) => {
  const selection = useSelection(changes.filter(isOpen).map(({ id }) => id));
  return (
    <>
      {(changes.length > 0 || selection.outcome !== undefined) && (
        <ApproveSeveral changes={changes} selection={selection} />
      )}
      {changes.length > 0 ? <Table changes={changes} selection={selection} /> : <Nothing shown={shown} />}
    </>
  );
};

const Table = ({ changes, selection }: { readonly changes: readonly Change[]; readonly selection: Selection }) => (
  <table className="table">
    <thead>
      <tr>
        <th>Tool</th>
        <th>Change</th>
        <th>State</th>
        <th>Found</th>
      </tr>
    </thead>
    <tbody>
      {changes.map((change) => (
        <tr key={change.id}>
          <td>
            <div className="chosen">
              <ChooseRow id={change.id} name={change.tool} selection={selection} isDisabled={!isOpen(change)} />
              <div>
                <a href={pageUrl(['approvals', change.id])}>{change.tool}</a>
                <span className="under">{change.gatewayName}</span>
              </div>
            </div>
          </td>
          <td data-label="Change">
            <span>
              <ClassMark of={change.class} />
              {change.findings[0] !== undefined && <span className="under clamp">{change.findings[0].finding}</span>}
            </span>
          </td>
          <td data-label="State">
            <ChangeStateMark of={change.state} />
          </td>
          <td data-label="Found">
            <Time at={change.foundAt} />
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);
