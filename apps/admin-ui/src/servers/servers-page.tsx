import { useQuery } from '@tanstack/react-query';
import { endpointUrl } from '../api/client.ts';
import { serversQuery } from '../api/queries.ts';
import { CopyButton } from '../kit/copy.tsx';
import { FailureNotice } from '../kit/notice.tsx';
import { Empty, Page, Waiting } from '../kit/page.tsx';
import { pageUrl, useRoute } from '../kit/route.ts';
import { State } from '../kit/state.tsx';
import { ServerForm } from './server-form.tsx';
import { ServerPage } from './server-page.tsx';
import './servers.css';

/** Virtual servers: some tools of some upstreams under an address of their own. */
const Servers = () => {
  const { path } = useRoute();
  const [, id] = path;
  if (id === 'new') return <ServerForm server={null} />;
  return id === undefined ? <All /> : <ServerPage id={id} />;
};

export default Servers;

const NEW = pageUrl(['servers', 'new']);

const All = () => {
  const servers = useQuery(serversQuery);
  const all = servers.data ?? [];
  return (
    <Page
      title="Servers"
      lead="Virtual servers: the tools that you choose, under an address of their own."
      actions={
        all.length > 0 && (
          <a className="button primary" href={NEW}>
            Make one
          </a>
        )
      }
    >
      {servers.isPending && <Waiting />}
      {servers.isError && <FailureNotice error={servers.error} />}
      {servers.data !== undefined && all.length === 0 && (
        <section className="panel">
          <Empty title="No virtual server yet">
            <p className="quiet">
              Clients at <code>{endpointUrl(null)}</code> get all that they may see. A virtual server gives them less.
            </p>
            <a className="button primary" href={NEW}>
              Choose tools
            </a>
          </Empty>
        </section>
      )}
      {all.length > 0 && (
        <section className="panel">
          <table className="table">
            <thead>
              <tr>
                <th>Name</th>
                <th>State</th>
                <th className="right">Tools</th>
                <th>Address</th>
              </tr>
            </thead>
            <tbody>
              {all.map(({ id, name, description, enabled, associatedToolIds }) => (
                <tr key={id}>
                  <td>
                    <a href={pageUrl(['servers', id])}>{name}</a>
                    {description !== null && <span className="under clamp">{description}</span>}
                  </td>
                  <td data-label="State">
                    {enabled ? <State tone="ok">On</State> : <State tone="off">Switched off</State>}
                  </td>
                  <td className="right" data-label="Tools">
                    {associatedToolIds.length}
                  </td>
                  <td>
                    <CopyButton what="Copy address" text={endpointUrl(id)} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Page>
  );
};
