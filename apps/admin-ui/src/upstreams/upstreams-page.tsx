import { useQuery } from '@tanstack/react-query';
import { gatewaysQuery } from '../api/queries.ts';
import { Dialog } from '../kit/dialog.tsx';
import { FailureNotice } from '../kit/notice.tsx';
import { Empty, Page, Waiting } from '../kit/page.tsx';
import { goTo, pageUrl, useRoute } from '../kit/route.ts';
import { Search } from '../kit/search.tsx';
import { Time, count } from '../kit/text.tsx';
import { AddUpstream } from './add-upstream.tsx';
import { UpstreamPage } from './upstream-page.tsx';
import { type Upstream, UpstreamStateMark, eraOf, placeOf, stateOf, transportOf } from './upstream-state.tsx';

const ORDER = { bad: 0, warn: 1, ok: 2, off: 3 } as const;

const Upstreams = () => {
  const { path, query } = useRoute();
  const upstreams = useQuery(gatewaysQuery);
  const [, id] = path;
  if (id !== undefined) return <UpstreamPage id={id} />;
  const all = upstreams.data ?? [];
  const isAdding = query.get('add') === '1';
  return (
    <Page
      title="Upstreams"
      lead={upstreams.data && all.length > 0 ? sentenceOf(all) : 'The servers behind the gateway.'}
      actions={
        all.length > 0 && (
          <a className="button primary" href={pageUrl(['upstreams'], { add: '1' })}>
            Add
          </a>
        )
      }
    >
      {upstreams.isError && <FailureNotice error={upstreams.error} />}
      {upstreams.isPending && <Waiting />}
      {upstreams.data !== undefined && all.length === 0 && (
        <section className="panel">
          <Empty title="No upstream yet">
            <p className="quiet">Paste what you have of one; it is connected to, and its tools are yours to try.</p>
            <a className="button primary" href={pageUrl(['upstreams'], { add: '1' })}>
              Add an upstream
            </a>
          </Empty>
        </section>
      )}
      {all.length > 0 && <List all={all} wanted={query.get('q') ?? ''} />}
      {isAdding && (
        <Dialog title="Add an upstream" onClose={() => goTo(pageUrl(['upstreams']))}>
          <AddUpstream />
        </Dialog>
      )}
    </Page>
  );
};

export default Upstreams;

const sentenceOf = (all: readonly Upstream[]): string => {
  const wanted = all.filter(({ enabled }) => enabled);
  const up = wanted.filter(({ reachable }) => reachable);
  const off = all.length - wanted.length;
  return `${up.length} of ${count(wanted.length, 'upstream')} up${off > 0 ? `, ${off} switched off` : ''}.`;
};

const List = ({ all, wanted }: { readonly all: readonly Upstream[]; readonly wanted: string }) => {
  const needle = wanted.toLowerCase();
  const shown = all
    .filter((upstream) =>
      `${upstream.name} ${placeOf(upstream)} ${stateOf(upstream).word}`.toLowerCase().includes(needle),
    )
    .sort((one, other) => ORDER[stateOf(one).tone] - ORDER[stateOf(other).tone] || one.name.localeCompare(other.name));
  return (
    <section className="panel stack">
      <Search
        label="Search upstreams"
        value={wanted}
        onChange={(q) => goTo(pageUrl(['upstreams'], { q }), { replace: true })}
      />
      {shown.length === 0 ? (
        <p className="quiet">No upstream is called, or is, “{wanted}”.</p>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th>Name</th>
              <th>State</th>
              <th>Speaks</th>
              <th className="right">Tools</th>
              <th>Listed</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((upstream) => (
              <Row key={upstream.id} upstream={upstream} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
};

const Row = ({ upstream }: { readonly upstream: Upstream }) => {
  const { id, name, toolCount, lastRefreshAt } = upstream;
  return (
    <tr>
      <td>
        <a href={pageUrl(['upstreams', id])}>{name}</a>
        <span className="under">{placeOf(upstream)}</span>
      </td>
      <td data-label="State">
        <span>
          <UpstreamStateMark upstream={upstream} />
          {stateOf(upstream).reason !== null && <span className="under clamp">{stateOf(upstream).reason}</span>}
        </span>
      </td>
      <td data-label="Speaks">
        <span>
          {transportOf(upstream)}
          <span className="under">{eraOf(upstream)}</span>
        </span>
      </td>
      <td className="right" data-label="Tools">
        {toolCount}
      </td>
      <td data-label="Listed">
        <Time at={lastRefreshAt} />
      </td>
    </tr>
  );
};
