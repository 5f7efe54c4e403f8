import { useQuery } from '@tanstack/react-query';
import { ApiFailure, type View, answerOf, api } from '../api/client.ts';
import { gatewaysQuery, toolsQuery } from '../api/queries.ts';
import { OutcomeMark } from '../kit/call-table.tsx';
import { CopyButton } from '../kit/copy.tsx';
import { FailureNotice, Notice } from '../kit/notice.tsx';
import { Empty, Page, Waiting } from '../kit/page.tsx';
import { pageUrl } from '../kit/route.ts';
import { Time } from '../kit/text.tsx';
import { CallSteps } from './call-steps.tsx';

type Call = View<'CallView'>;

/** One call: what became of it and why, and in whose time. */
export const CallPage = ({ id }: { readonly id: string }) => {
  const call = useQuery({
    queryKey: ['calls', 'one', id],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/calls/{id}', { params: { path: { id } }, signal })),
  });
  if (call.isPending) return <Waiting />;
  if (call.data === undefined)
    return (
      <Page title="Call" lead={<a href={pageUrl(['calls'])}>All calls</a>}>
        {call.error instanceof ApiFailure && call.error.status === 404 ? (
          <Empty title="This call is not there">
            <p className="quiet">Its record is older than what is kept, or not written yet.</p>
          </Empty>
        ) : (
          <FailureNotice error={call.error} />
        )}
      </Page>
    );
  return <Shown call={call.data} />;
};

const Shown = ({ call }: { readonly call: Call }) => {
  return (
    <Page
      title={call.name ?? call.method ?? 'Call'}
      lead={
        <>
          <a href={pageUrl(['calls'])}>All calls</a>, this one <Time at={call.startedAt} />
        </>
      }
      actions={
        <>
          {call.method === 'tools/call' && call.name !== null && <TryAgain name={call.name} />}
          {call.traceId !== null && <CopyButton what="Copy trace id" text={call.traceId} />}
        </>
      }
    >
      <section className="panel stack">
        <div className="row">
          <OutcomeMark outcome={call.outcome} />
          {call.code !== null && <code>{call.code}</code>}
        </div>
        <p>{call.why}</p>
        {call.rule !== null && (
          <p className="quiet small">
            Decided by <code>{call.rule}</code>
          </p>
        )}
      </section>
      {call.outcome === 'refused' && call.user !== null && call.name !== null && <MayThey call={call} />}
      <CallSteps call={call} />
      <Facts call={call} />
    </Page>
  );
};

/** Leads to the form of the tool. It is empty: no record has arguments. */
const TryAgain = ({ name }: { readonly name: string }) => {
  const tools = useQuery(toolsQuery);
  const tool = tools.data?.find((candidate) => candidate.name === name);
  if (tool === undefined) return null;
  return (
    <a
      className="button"
      href={pageUrl(['tools', tool.id])}
      title="With an empty form: what it was called with is not kept"
    >
      Try again
    </a>
  );
};

const Facts = ({ call }: { readonly call: Call }) => {
  const upstreams = useQuery(gatewaysQuery);
  const upstream = upstreams.data?.find(({ id }) => id === call.upstreamId);
  return (
    <section className="panel">
      <h2>Facts</h2>
      <dl className="facts">
        <dt>User</dt>
        <dd>{call.user ?? 'not known'}</dd>
        <dt>Client</dt>
        <dd>{[call.client, call.clientVersion].filter(Boolean).join(' ') || 'not told'}</dd>
        <dt>From</dt>
        <dd>{call.address ?? '–'}</dd>
        <dt>Asked</dt>
        <dd>
          <code>{call.method ?? '–'}</code> at <code>{call.endpoint}</code>
        </dd>
        <dt>Upstream</dt>
        <dd>
          {call.upstreamId === null ? (
            'none: it did not get so far'
          ) : (
            <a href={pageUrl(['upstreams', call.upstreamId])}>{upstream?.name ?? call.upstreamId}</a>
          )}
        </dd>
        <dt>Revisions</dt>
        <dd>
          client {call.revision ?? '–'}, upstream {call.upstreamRevision ?? '–'}
        </dd>
        <dt>Size</dt>
        <dd className="num">
          {call.requestBytes.toLocaleString('en')} bytes there, {call.responseBytes.toLocaleString('en')} back
        </dd>
        <dt>Token</dt>
        <dd>
          <code>{call.tokenId ?? '–'}</code>
        </dd>
      </dl>
    </section>
  );
};

/** Whether they may now, by which rule, and what would change it. */
const MayThey = ({ call }: { readonly call: Call }) => {
  const query = { user: call.user ?? '', tool: call.name ?? '' };
  const verdict = useQuery({
    queryKey: ['explain', query],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/authz/explain', { params: { query }, signal })),
    enabled: call.method === 'tools/call',
  });
  if (verdict.data === undefined) return null;
  const { allowed, because, rule, wouldChange } = verdict.data;
  return (
    <Notice tone={allowed ? 'ok' : 'warn'}>
      <strong>
        {call.user} {allowed ? 'may call it now' : 'may not call it'}
      </strong>
      <p className="next">
        {because} (<code>{rule}</code>)
      </p>
      {!allowed &&
        wouldChange.map((change) => (
          <p key={change} className="next">
            It would be otherwise: {change}
          </p>
        ))}
    </Notice>
  );
};
