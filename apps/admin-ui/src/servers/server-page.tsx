import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type View, answerOf, api, endpointUrl } from '../api/client.ts';
import { serversQuery, toolsQuery } from '../api/queries.ts';
import { Confirm } from '../kit/confirm.tsx';
import { CopyButton } from '../kit/copy.tsx';
import { FailureNotice, Notice } from '../kit/notice.tsx';
import { Empty, Page, Waiting } from '../kit/page.tsx';
import { goTo, pageUrl, useRoute } from '../kit/route.ts';
import { State } from '../kit/state.tsx';
import { ServerForm } from './server-form.tsx';

type Server = View<'ServerView'>;

/** One virtual server: where it is, what it shows, and what can be done with it. */
export const ServerPage = ({ id }: { readonly id: string }) => {
  const { path } = useRoute();
  const servers = useQuery(serversQuery);
  const server = servers.data?.find((candidate) => candidate.id === id);
  if (servers.isPending) return <Waiting />;
  if (server === undefined)
    return (
      <Page title="Server">
        {servers.isError ? (
          <FailureNotice error={servers.error} />
        ) : (
          <Empty title="This server is not there">
            <a href={pageUrl(['servers'])}>All servers</a>
          </Empty>
        )}
      </Page>
    );
  return path[2] === 'change' ? <ServerForm key={id} server={server} /> : <Shown server={server} />;
};

const Shown = ({ server }: { readonly server: Server }) => {
  const { id, name, enabled, description } = server;
  const queries = useQueryClient();
  const [isRemoving, setRemoving] = useState(false);
  const switching = useMutation({
    mutationFn: () =>
      answerOf(api.POST('/v1/servers/{id}/state', { params: { path: { id }, query: { activate: !enabled } } })),
    onSettled: () => queries.invalidateQueries(),
  });
  return (
    <Page
      title={name}
      lead={description ?? <a href={pageUrl(['servers'])}>All servers</a>}
      actions={
        <>
          <a className="button primary" href={pageUrl(['connect'], { server: id })}>
            Connect a client
          </a>
          <a className="button" href={pageUrl(['servers', id, 'change'])}>
            Change
          </a>
          <button type="button" className="button" disabled={switching.isPending} onClick={() => switching.mutate()}>
            {enabled ? 'Switch off' : 'Switch on'}
          </button>
          <button type="button" className="button danger" onClick={() => setRemoving(true)}>
            Remove …
          </button>
        </>
      }
    >
      {switching.isError && <FailureNotice error={switching.error} />}
      {server.findings.map(({ finding }) => (
        <Notice key={finding} tone="warn">
          {finding}
        </Notice>
      ))}
      <section className="panel">
        <dl className="facts">
          <dt>Is</dt>
          <dd>{enabled ? <State tone="ok">On</State> : <State tone="off">Switched off</State>}</dd>
          <dt>Address</dt>
          <dd className="row">
            <code>{endpointUrl(id)}</code>
            <CopyButton text={endpointUrl(id)} />
          </dd>
          <dt>Seen by</dt>
          <dd>{server.visibility}</dd>
        </dl>
      </section>
      <ShownTools server={server} />
      {isRemoving && <RemoveServer server={server} onClose={() => setRemoving(false)} />}
    </Page>
  );
};

const ShownTools = ({ server }: { readonly server: Server }) => {
  const tools = useQuery(toolsQuery);
  const byId = new Map((tools.data ?? []).map((tool) => [tool.id, tool]));
  const shown = server.associatedToolIds.map((id) => byId.get(id)).filter((tool) => tool !== undefined);
  return (
    <section className="panel">
      <h2>What it shows</h2>
      {tools.isError && <FailureNotice error={tools.error} />}
      {tools.data !== undefined && shown.length === 0 && (
        <p className="quiet">
          No tool. <a href={pageUrl(['servers', server.id, 'change'])}>Choose some</a>
        </p>
      )}
      {shown.length > 0 && (
        <table className="table tight">
          <tbody>
            {shown.map(({ id, name, description }) => (
              <tr key={id}>
                <td>
                  <a href={pageUrl(['tools', id])}>{name}</a>
                  <span className="under clamp">{description}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
};

const RemoveServer = ({ server: { id, name }, onClose }: { readonly server: Server; readonly onClose: () => void }) => {
  const queries = useQueryClient();
  const removing = useMutation({
    mutationFn: () => answerOf(api.DELETE('/v1/servers/{id}', { params: { path: { id } } })),
    onSuccess: async () => {
      goTo(pageUrl(['servers']), { replace: true });
      await queries.invalidateQueries();
    },
  });
  return (
    <Confirm title={`Remove ${name}?`} action="Remove" doing={removing} onClose={onClose}>
      <p>Its address is gone then, for every client that has it. What it showed stays registered.</p>
    </Confirm>
  );
};
