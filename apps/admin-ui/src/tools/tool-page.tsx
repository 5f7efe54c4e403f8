import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { type View, answerOf, api } from '../api/client.ts';
import { type LiveListener, useLive } from '../api/live/live.ts';
import { callsQuery, gatewaysQuery, toolsQuery } from '../api/queries.ts';
import { type CallColumn, CallTable } from '../kit/call-table.tsx';
import { FailureNotice, Notice } from '../kit/notice.tsx';
import { Empty, Page, Waiting } from '../kit/page.tsx';
import { pageUrl } from '../kit/route.ts';
import { TryTool } from './try-tool.tsx';

/** All calls of the page are of one tool. */
const ITS_NAME: ReadonlySet<CallColumn> = new Set(['What']);

const CALLS_SHOWN = 8;

/** One tool: what it is, a form to call it with, and how its last calls went. */
export const ToolPage = ({ id }: { readonly id: string }) => {
  const tools = useQuery(toolsQuery);
  const tool = tools.data?.find((candidate) => candidate.id === id);
  if (tools.isPending) return <Waiting />;
  if (tool !== undefined) return <Shown tool={tool} />;
  return (
    <Page title="Tool">
      {tools.isError ? (
        <FailureNotice error={tools.error} />
      ) : (
        <Empty title="This tool is not there">
          <p className="quiet">Its upstream may no longer offer it.</p>
          <a href={pageUrl(['tools'])}>All tools</a>
        </Empty>
      )}
    </Page>
  );
};

const Shown = ({ tool }: { readonly tool: View<'ToolView'> }) => {
  const { id, name, enabled } = tool;
  const queries = useQueryClient();
  const upstreams = useQuery(gatewaysQuery);
  const calls = useLastCalls(name);
  const upstream = upstreams.data?.find((candidate) => candidate.id === tool.gatewayId);
  const switching = useMutation({
    mutationFn: () =>
      answerOf(api.POST('/v1/tools/{id}/state', { params: { path: { id }, query: { activate: !enabled } } })),
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <Page
      title={name}
      lead={tool.title ?? undefined}
      actions={
        <button type="button" className="button" disabled={switching.isPending} onClick={() => switching.mutate()}>
          {enabled ? 'Switch off' : 'Switch on'}
        </button>
      }
    >
      {switching.isError && <FailureNotice error={switching.error} />}
      {tool.heldChange !== null && (
        <Notice tone="warn">
          Its upstream offers it otherwise by now, and that{' '}
          <a href={pageUrl(['approvals'], { show: 'all', upstream: tool.gatewayId })}>
            {tool.heldChange === 'pending' ? 'waits for approval' : 'was not wanted'}
          </a>
          : it is offered as it was.
        </Notice>
      )}
      <div className="stack">
        <p className="about">{tool.description ?? <span className="quiet">It has no description.</span>}</p>
        <p className="row quiet small">
          <span>
            From <a href={pageUrl(['upstreams', tool.gatewayId])}>{upstream?.name ?? tool.gatewaySlug}</a>
            {tool.originalName !== name && (
              <>
                , there <code>{tool.originalName}</code>
              </>
            )}
          </span>
          {hintsOf(tool).map((hint) => (
            <span key={hint} className="tag">
              {hint}
            </span>
          ))}
        </p>
      </div>
      <TryTool key={id} tool={tool} />
      <section className="panel">
        <h2>Its last calls</h2>
        {calls.isError && <FailureNotice error={calls.error} />}
        {calls.data !== undefined && calls.data.calls.length === 0 && (
          <p className="quiet">Nobody has called it yet.</p>
        )}
        {calls.data !== undefined && calls.data.calls.length > 0 && (
          <CallTable calls={calls.data.calls} hidden={ITS_NAME} />
        )}
      </section>
      <section className="panel">
        <details>
          <summary>Definition</summary>
          <pre tabIndex={0}>
            {JSON.stringify(
              { inputSchema: tool.inputSchema, outputSchema: tool.outputSchema, annotations: tool.annotations },
              null,
              2,
            )}
          </pre>
        </details>
      </section>
    </Page>
  );
};

/** Of the tool of this name, as they happen. */
const useLastCalls = (name: string) => {
  const queries = useQueryClient();
  const query = useMemo(() => callsQuery({ name, limit: CALLS_SHOWN }), [name]);
  const listener = useMemo((): LiveListener => {
    const ask = (): void => void queries.invalidateQueries({ queryKey: query.queryKey });
    return { calls: (calls) => void (calls.some((call) => call.name === name) && ask()), reset: ask };
  }, [queries, query, name]);
  useLive(listener);
  return useQuery(query);
};

const HINTS: readonly (readonly [name: string, value: boolean, words: string])[] = [
  ['readOnlyHint', true, 'only reads'],
  ['destructiveHint', true, 'may destroy'],
  ['idempotentHint', true, 'repeatable'],
  ['openWorldHint', true, 'reaches outside'],
];

/** What the upstream says of it; nobody has checked that. */
const hintsOf = ({ annotations }: View<'ToolView'>): readonly string[] => {
  const given = (annotations ?? {}) as Readonly<Record<string, unknown>>;
  return HINTS.filter(([name, value]) => given[name] === value).map(([, , words]) => words);
};
