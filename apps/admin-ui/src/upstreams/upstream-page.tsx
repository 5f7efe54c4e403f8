import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answerOf, api } from '../api/client.ts';
import { gatewaysQuery } from '../api/queries.ts';
import { FailureNotice, Notice } from '../kit/notice.tsx';
import { Empty, Page, Waiting } from '../kit/page.tsx';
import { pageUrl } from '../kit/route.ts';
import { Time, count } from '../kit/text.tsx';
import { ChangePolicy } from './change-policy.tsx';
import { RemoveUpstream } from './remove-upstream.tsx';
import { UpstreamTimeline } from './upstream-timeline.tsx';
import { UpstreamTools } from './upstream-tools.tsx';
import { type Upstream, UpstreamStateMark, eraOf, placeOf, stateOf, transportOf } from './upstream-state.tsx';
import './upstreams.css';

/** One upstream: how it is, why, what it offers, and what can be done with it. */
export const UpstreamPage = ({ id }: { readonly id: string }) => {
  const all = useQuery(gatewaysQuery);
  const upstream = all.data?.find((candidate) => candidate.id === id);
  if (all.isPending) return <Waiting />;
  if (upstream === undefined)
    return (
      <Page title="Upstream">
        {all.isError ? (
          <FailureNotice error={all.error} />
        ) : (
          <Empty title="This upstream is not there">
            <a href={pageUrl(['upstreams'])}>All upstreams</a>
          </Empty>
        )}
      </Page>
    );
  return <Upstreamed upstream={upstream} />;
};

const Upstreamed = ({ upstream }: { readonly upstream: Upstream }) => {
  const { id, name, enabled } = upstream;
  const queries = useQueryClient();
  const [isRemoving, setRemoving] = useState(false);
  const onSettled = () => queries.invalidateQueries();
  const params = { path: { id } };
  const refreshing = useMutation({
    mutationFn: () => answerOf(api.POST('/v1/gateways/{id}/tools/refresh', { params })),
    onSettled,
  });
  const switching = useMutation({
    mutationFn: (activate: boolean) =>
      answerOf(api.POST('/v1/gateways/{id}/state', { params: { ...params, query: { activate } } })),
    onSettled,
  });
  const isBusy = refreshing.isPending || switching.isPending;
  const { tone, reason } = stateOf(upstream);
  return (
    <Page
      title={name}
      lead={<a href={pageUrl(['upstreams'])}>All upstreams</a>}
      actions={
        <>
          {enabled && (
            <button type="button" className="button" disabled={isBusy} onClick={() => refreshing.mutate()}>
              {refreshing.isPending ? 'Listing …' : 'Refresh'}
            </button>
          )}
          <button type="button" className="button" disabled={isBusy} onClick={() => switching.mutate(!enabled)}>
            {switchWord(enabled, switching.isPending)}
          </button>
          <button type="button" className="button danger" disabled={isBusy} onClick={() => setRemoving(true)}>
            Remove …
          </button>
        </>
      }
    >
      {tone === 'bad' && (
        <Notice tone="bad">
          <strong>{reason ?? 'It does not answer'}</strong>
          <p className="next">
            {enabled
              ? 'It is asked again by itself; “Refresh” asks now.'
              : '“Switch on” tries again, and keeps it off where it fails.'}
          </p>
        </Notice>
      )}
      {switching.isError && <FailureNotice error={switching.error} />}
      {refreshing.isError && <FailureNotice error={refreshing.error} />}
      {refreshing.data !== undefined && <p role="status">{refreshedWords(refreshing.data)}</p>}
      <div className="cols">
        <section className="panel">
          <h2>State</h2>
          <dl className="facts">
            <dt>Wanted</dt>
            <dd>{enabled ? 'On' : 'Off'}</dd>
            <dt>Is</dt>
            <dd>
              <UpstreamStateMark upstream={upstream} />
              {upstream.unreachableSince !== null && (
                <span className="quiet">
                  {' '}
                  since <Time at={upstream.unreachableSince} />
                </span>
              )}
            </dd>
            <dt>Listed</dt>
            <dd>
              <Time at={upstream.lastRefreshAt} />
            </dd>
            <dt>Offers</dt>
            <dd>
              {count(upstream.toolCount, 'tool')}, {count(upstream.resourceCount, 'resource')},{' '}
              {count(upstream.promptCount, 'prompt')}
            </dd>
            <dt>Changed tools</dt>
            <dd>
              <ChangePolicy upstream={upstream} />
            </dd>
          </dl>
        </section>
        <section className="panel">
          <h2>Connection</h2>
          <dl className="facts">
            <dt>{upstream.url === null ? 'Command' : 'Address'}</dt>
            <dd>
              <code>{placeOf(upstream)}</code>
            </dd>
            <dt>Transport</dt>
            <dd>
              {transportOf(upstream)}, {eraOf(upstream)}
            </dd>
            <dt>Server</dt>
            <dd>{serverWords(upstream)}</dd>
            <dt>Credential</dt>
            <dd>{upstream.authType ?? 'none'}</dd>
            <dt>Seen by</dt>
            <dd>{upstream.visibility}</dd>
          </dl>
        </section>
      </div>
      <UpstreamTimeline upstream={upstream} />
      <Notes upstream={upstream} />
      <UpstreamTools upstream={upstream} />
      {isRemoving && <RemoveUpstream upstream={upstream} onClose={() => setRemoving(false)} />}
    </Page>
  );
};

const switchWord = (enabled: boolean, isPending: boolean): string => {
  if (isPending) return 'One moment …';
  return enabled ? 'Switch off' : 'Switch on';
};

const refreshedWords = (changes: {
  readonly toolsAdded: number;
  readonly toolsUpdated: number;
  readonly toolsRemoved: number;
  readonly toolsHeld: number;
}): string => {
  const { toolsAdded, toolsUpdated, toolsRemoved, toolsHeld } = changes;
  const held = toolsHeld === 0 ? '' : ` ${count(toolsHeld, 'changed tool')} held back.`;
  if (toolsAdded + toolsUpdated + toolsRemoved === 0) return `Listed: its tools are served as they were.${held}`;
  return `Listed: ${count(toolsAdded, 'tool')} came, ${toolsUpdated} changed, ${toolsRemoved} went.${held}`;
};

const serverWords = ({ serverInfo, protocolVersion }: Upstream): string => {
  const { name, version } = serverInfo as { name?: unknown; version?: unknown };
  const words = [name, version].filter((part) => typeof part === 'string');
  return [...words, protocolVersion && `MCP ${protocolVersion}`].filter(Boolean).join(' ') || '–';
};

/** What it offers that is not shown, or not as it is. */
const Notes = ({ upstream: { refused, findings } }: { readonly upstream: Upstream }) => {
  if (refused.length + findings.length === 0) return null;
  return (
    <section className="panel">
      <h2>Notes on what it offers</h2>
      <ul className="stack">
        {findings.map(({ list, finding }) => (
          <li key={finding}>
            <span className="tag">{list}</span> {finding}
          </li>
        ))}
        {refused.map(({ list, name, reason }) => (
          <li key={`${list} ${name}`}>
            <span className="tag">{list}</span> {name && <code>{name}</code>} {reason}
          </li>
        ))}
      </ul>
    </section>
  );
};
