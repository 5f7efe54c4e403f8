import { useQuery } from '@tanstack/react-query';
import { Suspense, lazy } from 'react';
import type { View } from '../api/client.ts';
import { CALLS_MAX, gatewaysQuery, recentCallsQuery, toolsQuery, waitingChangesQuery } from '../api/queries.ts';
import { FailureNotice } from '../kit/notice.tsx';
import { Empty, Page, Waiting } from '../kit/page.tsx';
import { pageUrl } from '../kit/route.ts';
import { Mark } from '../kit/state.tsx';
import { count, duration } from '../kit/text.tsx';
import { type Figures, type ToolTime, figuresOf, slowestTools } from './figures.ts';
import { needsOf } from './needs.ts';
import './overview.css';

const Chart = lazy(async () => ({ default: (await import('./chart.tsx')).Chart }));
const SLOWEST = 5;

const Overview = () => {
  const upstreams = useQuery(gatewaysQuery);
  const calls = useQuery(recentCallsQuery);
  const lead =
    upstreams.data !== undefined && calls.data !== undefined ? sentenceOf(upstreams.data, calls.data.calls) : undefined;
  return (
    <Page title="Overview" lead={lead}>
      {upstreams.isError && <FailureNotice error={upstreams.error} />}
      {upstreams.data?.length === 0 && <First />}
      {calls.isPending && <Waiting />}
      {calls.isError && <FailureNotice error={calls.error} />}
      {calls.data !== undefined && upstreams.data !== undefined && upstreams.data.length > 0 && (
        <>
          <Needs upstreams={upstreams.data} calls={calls.data.calls} />
          <Traffic calls={calls.data.calls} nowMs={calls.dataUpdatedAt} />
        </>
      )}
    </Page>
  );
};

export default Overview;

const sentenceOf = (upstreams: readonly View<'GatewayView'>[], calls: readonly View<'CallView'>[]): string => {
  const wanted = upstreams.filter(({ enabled }) => enabled);
  const up = wanted.filter(({ reachable }) => reachable).length;
  const refused = calls.filter(({ outcome }) => outcome === 'refused').length;
  const amount =
    calls.length === CALLS_MAX ? `more than ${CALLS_MAX.toLocaleString('en')} calls` : count(calls.length, 'call');
  return `${up} of ${count(wanted.length, 'upstream')} up, ${amount} within the hour, ${refused === 0 ? 'none' : refused} refused.`;
};

const First = () => (
  <section className="panel">
    <Empty title="Nothing is behind the gateway yet">
      <p className="quiet">Add a server by its URL, its command or your mcp.json: its tools can be tried at once.</p>
      <a className="button primary" href={pageUrl(['upstreams'], { add: '1' })}>
        Add an upstream
      </a>
    </Empty>
  </section>
);

const Needs = ({
  upstreams,
  calls,
}: {
  readonly upstreams: readonly View<'GatewayView'>[];
  readonly calls: readonly View<'CallView'>[];
}) => {
  const waiting = useQuery(waitingChangesQuery);
  const needs = needsOf(upstreams, calls, waiting.data?.pending);
  return (
    <section className="panel">
      <h2>Needs you</h2>
      {needs.length === 0 ? (
        <p className="row">
          <Mark tone="ok" /> Nothing: every upstream answers, and no call was refused within the hour.
        </p>
      ) : (
        <ul className="needs">
          {needs.map(({ key, tone, title, reason, url }) => (
            <li key={key}>
              <Mark tone={tone} />
              <div>
                <a href={url}>{title}</a>
                <p className="quiet small">{reason}</p>
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
};

const Traffic = ({ calls, nowMs }: { readonly calls: readonly View<'CallView'>[]; readonly nowMs: number }) => {
  const figures = figuresOf(calls, nowMs);
  if (figures.total === 0)
    return (
      <section className="panel">
        <Empty title="No call within the hour">
          <p className="quiet">Try a tool here, or point a client at the gateway.</p>
          <a className="button" href={pageUrl(['tools'])}>
            Try a tool
          </a>
        </Empty>
      </section>
    );
  return (
    <>
      <Tiles figures={figures} />
      <div className="cols">
        <section className="panel">
          <div className="row apart">
            <h2>Calls per minute</h2>
            <p className="row quiet small">
              <span className="swatch accent" /> done <span className="swatch bad" /> failed or refused
            </p>
          </div>
          <Suspense fallback={<div className="chart" />}>
            <Chart
              atMs={figures.minutes.map(({ atMs }) => atMs)}
              series={[
                { label: 'all', color: '--bad', values: figures.minutes.map(({ ok, failed }) => ok + failed) },
                { label: 'done', color: '--accent', values: figures.minutes.map(({ ok }) => ok) },
              ]}
            />
          </Suspense>
          <p className="unseen">{`${figures.total} calls within the hour, ${figures.failed} failed, ${figures.refused} refused`}</p>
        </section>
        <section className="panel">
          <h2>Slowest tools</h2>
          <Slowest tools={slowestTools(calls, SLOWEST)} />
        </section>
      </div>
    </>
  );
};

const Tiles = ({ figures }: { readonly figures: Figures }) => {
  const { total, failed, refused, p50Ms, p95Ms, gatewayP50Ms, gatewayP95Ms } = figures;
  return (
    <dl className="tiles">
      <div>
        <dt>Calls</dt>
        <dd>{total === CALLS_MAX ? `≥ ${total.toLocaleString('en')}` : total.toLocaleString('en')}</dd>
        <dd className="under">within the hour</dd>
      </div>
      <div>
        <dt>Failed</dt>
        <dd>{(failed + refused).toLocaleString('en')}</dd>
        <dd className="under">{refused === 0 ? 'none refused' : `${refused} of them refused`}</dd>
      </div>
      <div>
        <dt>Median</dt>
        <dd>{duration(p50Ms)}</dd>
        <dd className="under">{gatewayP50Ms === null ? 'never at an upstream' : `ours ${duration(gatewayP50Ms)}`}</dd>
      </div>
      <div>
        <dt>95 of 100 within</dt>
        <dd>{duration(p95Ms)}</dd>
        <dd className="under">{gatewayP95Ms === null ? 'never at an upstream' : `ours ${duration(gatewayP95Ms)}`}</dd>
      </div>
    </dl>
  );
};

const Slowest = ({ tools }: { readonly tools: readonly ToolTime[] }) => {
  const known = useQuery(toolsQuery);
  const idOf = new Map((known.data ?? []).map(({ name, id }) => [name, id]));
  if (tools.length === 0) return <p className="quiet">No call has reached an upstream within the hour.</p>;
  const longestMs = Math.max(...tools.map(({ p95Ms }) => p95Ms), 1);
  return (
    <ol className="slowest">
      {tools.map(({ name, calls, p95Ms, gatewayMs, upstreamMs }) => {
        const id = idOf.get(name);
        return (
          <li key={name}>
            <span className="row apart">
              <a href={id === undefined ? pageUrl(['tools'], { q: name }) : pageUrl(['tools', id])}>{name}</a>
              <span className="num">{duration(p95Ms)}</span>
            </span>
            <svg width="100%" height="6" aria-hidden="true">
              <rect className="theirs" width={`${(p95Ms / longestMs) * 100}%`} height="6" rx="2" />
              <rect className="ours" width={`${(gatewayMs / longestMs) * 100}%`} height="6" rx="2" />
            </svg>
            <span className="quiet small num">
              gateway {duration(gatewayMs)}, upstream {duration(upstreamMs)}, {count(calls, 'call')}
            </span>
          </li>
        );
      })}
    </ol>
  );
};
