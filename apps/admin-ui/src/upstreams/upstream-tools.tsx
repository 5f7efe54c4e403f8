import { useQuery } from '@tanstack/react-query';
import { toolsQuery } from '../api/queries.ts';
import { FailureNotice } from '../kit/notice.tsx';
import { pageUrl } from '../kit/route.ts';
import { State } from '../kit/state.tsx';
import type { Upstream } from './upstream-state.tsx';

const SHOWN = 50;

/** Its tools, each a link to where it is tried. */
export const UpstreamTools = ({ upstream }: { readonly upstream: Upstream }) => {
  const tools = useQuery(toolsQuery);
  const own = (tools.data ?? []).filter(({ gatewayId }) => gatewayId === upstream.id);
  return (
    <section className="panel">
      <div className="row apart">
        <h2>Tools</h2>
        {own.length > SHOWN && <a href={pageUrl(['tools'], { upstream: upstream.id })}>All {own.length}</a>}
      </div>
      {tools.isError && <FailureNotice error={tools.error} />}
      {tools.data !== undefined && own.length === 0 && <p className="quiet">It offers no tool.</p>}
      {own.length > 0 && (
        <table className="table tight">
          <thead>
            <tr>
              <th>Tool</th>
              <th>State</th>
            </tr>
          </thead>
          <tbody>
            {own.slice(0, SHOWN).map(({ id, name, title, description, enabled }) => (
              <tr key={id}>
                <td>
                  <a href={pageUrl(['tools', id])}>{name}</a>
                  <span className="under clamp">{description ?? title}</span>
                </td>
                <td>{enabled ? <State tone="ok">On</State> : <State tone="off">Off</State>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
};
