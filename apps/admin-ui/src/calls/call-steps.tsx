import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { View } from '../api/client.ts';
import { gatewaysQuery } from '../api/queries.ts';
import { OutcomeMark } from '../kit/call-table.tsx';
import { pageUrl } from '../kit/route.ts';
import { Time, duration } from '../kit/text.tsx';
import './calls.css';

type Call = View<'CallView'>;

interface Step {
  readonly title: string;
  readonly about: ReactNode;
  /** `null`: it is not known apart. */
  readonly ms: number | null;
  readonly whose: 'ours' | 'waited' | 'theirs' | 'none';
}

/** What became of a call from when it came in to its answer, and in whose time. */
export const CallSteps = ({ call }: { readonly call: Call }) => {
  const upstreams = useQuery(gatewaysQuery);
  const upstream = upstreams.data?.find(({ id }) => id === call.upstreamId);
  return (
    <section className="panel stack">
      <h2>Steps</h2>
      <TimeBar call={call} />
      <ol className="steps">
        {stepsOf(call, upstream?.name ?? call.upstreamId).map(({ title, about, ms, whose }) => (
          <li key={title} className={whose}>
            <div className="row apart">
              <strong>{title}</strong>
              {ms !== null && <span className="num">{duration(ms)}</span>}
            </div>
            <div className="quiet small">{about}</div>
          </li>
        ))}
      </ol>
    </section>
  );
};

const stepsOf = (call: Call, upstreamName: string | null): readonly Step[] => {
  const { gatewayMs, latencyMs, waitedMs, upstreamMs, upstreamId, outcome } = call;
  const cameIn: Step = {
    title: 'Came in',
    about: (
      <>
        <Time at={call.startedAt} />, {call.requestBytes.toLocaleString('en')} bytes at <code>{call.endpoint}</code>
        {call.revision !== null && <>, in revision {call.revision}</>}
      </>
    ),
    ms: null,
    whose: 'none',
  };
  const isTurnedAway = outcome === 'refused';
  const inGateway: Step = {
    title: isTurnedAway ? 'Refused in the gateway' : 'In the gateway',
    about: isTurnedAway ? (
      <>
        {call.why}
        {call.rule !== null && (
          <>
            {' '}
            (<code>{call.rule}</code>)
          </>
        )}
      </>
    ) : (
      'Read, admitted, routed, and its answer written: before the upstream and after it.'
    ),
    ms: gatewayMs ?? latencyMs,
    whose: 'ours',
  };
  const ended: Step = {
    title: 'Ended',
    about: (
      <>
        <OutcomeMark outcome={outcome} />, {call.responseBytes.toLocaleString('en')} bytes back
      </>
    ),
    ms: latencyMs,
    whose: 'none',
  };
  if (upstreamId === null || waitedMs === null || upstreamMs === null) return [cameIn, inGateway, ended];
  const waiting: Step = {
    title: 'Waiting for a place',
    about: 'For one of those that the upstream takes at once.',
    ms: waitedMs,
    whose: 'waited',
  };
  if (isTurnedAway) return [cameIn, ...(waitedMs >= 0.1 ? [waiting] : []), inGateway, ended];
  return [
    cameIn,
    inGateway,
    waiting,
    {
      title: 'At the upstream',
      about: (
        <>
          <a href={pageUrl(['upstreams', upstreamId])}>{upstreamName}</a>
          {call.upstreamRevision !== null && <>, spoken to in {call.upstreamRevision}</>}
        </>
      ),
      ms: upstreamMs,
      whose: 'theirs',
    },
    ended,
  ];
};

const TimeBar = ({ call: { outcome, latencyMs, waitedMs, gatewayMs, upstreamMs } }: { readonly call: Call }) => {
  if (gatewayMs === null || upstreamMs === null || (outcome === 'refused' && upstreamMs === 0))
    return <p className="num">{duration(latencyMs)}, all of it in the gateway</p>;
  const share = (ms: number): number => (latencyMs === 0 ? 0 : Math.min(100, (ms / latencyMs) * 100));
  const [ours, waited] = [share(gatewayMs), share(waitedMs ?? 0)];
  return (
    <>
      <svg width="100%" height="10" aria-hidden="true" className="split">
        <rect className="theirs" width="100%" height="10" rx="3" />
        <rect className="waited" width={`${Math.min(100, ours + waited)}%`} height="10" rx="3" />
        <rect className="ours" width={`${ours}%`} height="10" rx="3" />
      </svg>
      <p className="num">
        {duration(latencyMs)} in all: gateway {duration(gatewayMs)}, upstream {duration(upstreamMs)}
        {waitedMs !== null && waitedMs > 0 && `, ${duration(waitedMs)} waiting for a place`}
      </p>
    </>
  );
};
