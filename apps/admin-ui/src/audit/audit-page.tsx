import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { type View, answerOf, api } from '../api/client.ts';
import { FailureNotice, Notice } from '../kit/notice.tsx';
import { Page, Waiting } from '../kit/page.tsx';
import { goTo, pageUrl, useRoute } from '../kit/route.ts';
import { Search } from '../kit/search.tsx';
import { Time, count, plain } from '../kit/text.tsx';

type AuditRecord = View<'AuditRecordView'>;

const PAGE = 50;

/** Who changed what, and who logged in or tried to. */
const Audit = () => {
  const { query } = useRoute();
  const filter = { actor: query.get('actor') ?? '', action: query.get('action') ?? '' };
  const trail = useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: ({ signal, pageParam }) =>
      answerOf(
        api.GET('/v1/audit', {
          params: {
            query: {
              limit: PAGE,
              ...(filter.actor !== '' && { actor: filter.actor }),
              ...(filter.action !== '' && { action: filter.action }),
              ...pageParam,
            },
          },
          signal,
        }),
      ),
    initialPageParam: {},
    getNextPageParam: ({ nextCursor }) => (nextCursor === null ? undefined : { cursor: nextCursor }),
  });
  const verifying = useMutation({ mutationFn: () => answerOf(api.GET('/v1/audit/verify', {})) });
  const shown = trail.data?.pages.flatMap(({ records }) => records) ?? [];
  const show = (change: Partial<typeof filter>): void =>
    goTo(pageUrl(['audit'], { ...filter, ...change }), { replace: true });
  return (
    <Page
      title="Audit"
      lead="Who changed what, and who logged in or tried to."
      actions={
        <button type="button" className="button" disabled={verifying.isPending} onClick={() => verifying.mutate()}>
          {verifying.isPending ? 'Reading the trail …' : 'Is it as it was written?'}
        </button>
      }
    >
      {verifying.isError && <FailureNotice error={verifying.error} />}
      {verifying.data !== undefined && <Verdict verdict={verifying.data} />}
      <section className="panel stack">
        <div className="row filters">
          <Search label="E-mail of who acted" value={filter.actor} onChange={(actor) => show({ actor })} />
          <Search
            label="Action, such as gateway.changed"
            isFirst={false}
            value={filter.action}
            onChange={(action) => show({ action })}
          />
        </div>
        {trail.isPending && <Waiting />}
        {trail.isError && <FailureNotice error={trail.error} />}
        {trail.data !== undefined && shown.length === 0 && (
          <p className="quiet">
            {filter.actor || filter.action ? 'Nothing is like that.' : 'Nothing has been changed yet.'}
          </p>
        )}
        {shown.length > 0 && <Trail records={shown} />}
        {trail.hasNextPage && (
          <div>
            <button
              type="button"
              className="button"
              disabled={trail.isFetchingNextPage}
              onClick={() => void trail.fetchNextPage()}
            >
              Older ones
            </button>
          </div>
        )}
      </section>
    </Page>
  );
};

export default Audit;

const Verdict = ({ verdict: { intact, records, brokenAt, fault } }: { readonly verdict: View<'AuditVerdictView'> }) => (
  <Notice tone={intact ? 'ok' : 'bad'}>
    <p role="status">
      {intact
        ? `Yes: ${count(records, 'record')}, each as it was written, and none is missing.`
        : `No: at record ${brokenAt ?? '?'}. ${fault ?? ''}`}
    </p>
  </Notice>
);

const Trail = ({ records }: { readonly records: readonly AuditRecord[] }) => (
  <table className="table">
    <thead>
      <tr>
        <th>When</th>
        <th>Who</th>
        <th>What</th>
        <th>Change</th>
      </tr>
    </thead>
    <tbody>
      {records.map(({ id, at, actor, action, resource, before, after }) => (
        <tr key={id}>
          <td data-label="When">
            <Time at={at} />
          </td>
          <td data-label="Who">{actor.id ?? actor.kind}</td>
          <td data-label="What">
            <span>
              {action}
              <span className="under">{resource.name ?? resource.id}</span>
            </span>
          </td>
          <td>
            {(before ?? after) !== null && (
              <details>
                <summary>{count(Object.keys({ ...before, ...after }).length, 'field')}</summary>
                <dl className="facts small">
                  {Object.keys({ ...before, ...after }).map((field) => (
                    <Change key={field} field={field} before={before?.[field]} after={after?.[field]} />
                  ))}
                </dl>
              </details>
            )}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

const Change = ({
  field,
  before,
  after,
}: {
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}) => (
  <>
    <dt>{field}</dt>
    <dd>
      {before !== undefined && <del>{plain(before)}</del>} {after !== undefined && <ins>{plain(after)}</ins>}
    </dd>
  </>
);
