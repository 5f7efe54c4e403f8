import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { View } from '../api/client.ts';
import { gatewaysQuery, toolsQuery } from '../api/queries.ts';
import { Choice } from '../kit/choice.tsx';
import { FailureNotice } from '../kit/notice.tsx';
import { Empty, Page, Waiting } from '../kit/page.tsx';
import { goTo, pageUrl, useRoute } from '../kit/route.ts';
import { Search } from '../kit/search.tsx';
import { ChooseRow, useSelection } from '../kit/selection.tsx';
import { State } from '../kit/state.tsx';
import { count } from '../kit/text.tsx';
import { SwitchSeveral } from './switch-several.tsx';
import { ToolPage } from './tool-page.tsx';
import './tools.css';

/** Rows at a time: more than anybody reads, and few enough to be there at once. */
const STEP = 100;
const STATES: readonly (readonly [value: string, words: string])[] = [
  ['', 'On or off'],
  ['on', 'On'],
  ['off', 'Off'],
];

type Tool = View<'ToolView'>;

const Tools = () => {
  const { path, query } = useRoute();
  const tools = useQuery(toolsQuery);
  const [, id] = path;
  if (id !== undefined) return <ToolPage id={id} />;
  const all = tools.data ?? [];
  return (
    <Page title="Tools" lead="What clients can call, whichever upstream it is from.">
      {tools.isError && <FailureNotice error={tools.error} />}
      {tools.isPending && <Waiting />}
      {tools.data !== undefined && all.length === 0 && (
        <section className="panel">
          <Empty title="No tool yet">
            <p className="quiet">Tools come with upstreams.</p>
            <a className="button primary" href={pageUrl(['upstreams'], { add: '1' })}>
              Add an upstream
            </a>
          </Empty>
        </section>
      )}
      {all.length > 0 && (
        <List all={all} wanted={query.get('q') ?? ''} upstream={query.get('upstream')} state={query.get('state')} />
      )}
    </Page>
  );
};

export default Tools;

/** All words, anywhere in name or text; names that begin so come first. */
const matching = (all: readonly Tool[], wanted: string): readonly Tool[] => {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const rank = (tool: Tool): number => {
    const name = tool.name.toLowerCase();
    if (words.some((word) => name.startsWith(word))) return 0;
    return words.every((word) => name.includes(word)) ? 1 : 2;
  };
  return all
    .filter(({ name, title, description }) => {
      const text = `${name} ${title ?? ''} ${description ?? ''}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .map((tool) => ({ tool, place: words.length === 0 ? 0 : rank(tool) }))
    .sort((one, other) => one.place - other.place || one.tool.name.localeCompare(other.tool.name))
    .map(({ tool }) => tool);
};

const List = ({
  all,
  wanted,
  upstream,
  state,
}: {
  readonly all: readonly Tool[];
  readonly wanted: string;
  readonly upstream: string | null;
  readonly state: string | null;
}) => {
  const [shownMax, setShownMax] = useState(STEP);
  const upstreams = useQuery(gatewaysQuery);
  const nameOf = new Map((upstreams.data ?? []).map(({ id, name }) => [id, name]));
  const found = matching(all, wanted).filter(
    (tool) =>
      (upstream === null || tool.gatewayId === upstream) && (state === null || tool.enabled === (state === 'on')),
  );
  const shown = found.slice(0, shownMax);
  const selection = useSelection(shown.map(({ id }) => id));
  const show = (change: Readonly<Record<string, string>>): void =>
    goTo(pageUrl(['tools'], { q: wanted, upstream, state, ...change }), { replace: true });
  return (
    <section className="panel stack">
      <div className="row filters">
        <Search label="Search tools" value={wanted} onChange={(q) => show({ q })} />
        <Choice
          label="Upstream"
          value={upstream ?? ''}
          choices={[['', 'Every upstream'], ...(upstreams.data ?? []).map(({ id, name }) => [id, name] as const)]}
          onChange={(chosen) => show({ upstream: chosen })}
        />
        <Choice label="State" value={state ?? ''} choices={STATES} onChange={(chosen) => show({ state: chosen })} />
        <span className="quiet" role="status">
          {count(found.length, 'tool')}
        </span>
      </div>
      {(found.length > 0 || selection.outcome !== undefined) && <SwitchSeveral tools={shown} selection={selection} />}
      {found.length === 0 ? (
        <p className="quiet">
          No tool is like that. <a href={pageUrl(['tools'])}>Show all {all.length}</a>
        </p>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th>Tool</th>
              <th>Upstream</th>
              <th>State</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((tool) => (
              <tr key={tool.id}>
                <td>
                  <div className="chosen">
                    <ChooseRow id={tool.id} name={tool.name} selection={selection} />
                    <div>
                      <a href={pageUrl(['tools', tool.id])}>{tool.name}</a>
                      <span className="under clamp">{tool.description ?? tool.title}</span>
                    </div>
                  </div>
                </td>
                <td data-label="Upstream">{nameOf.get(tool.gatewayId) ?? tool.gatewaySlug}</td>
                <td data-label="State">
                  <ToolState tool={tool} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {found.length > shownMax && (
        <div>
          <button type="button" className="button" onClick={() => setShownMax(shownMax + STEP)}>
            Show {Math.min(STEP, found.length - shownMax)} more
          </button>
        </div>
      )}
    </section>
  );
};

const ToolState = ({ tool }: { readonly tool: Tool }) => {
  if (!tool.enabled) return <State tone="off">Off</State>;
  return tool.reachable ? <State tone="ok">On</State> : <State tone="bad">Its upstream is away</State>;
};
