import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { View } from '../api/client.ts';
import { toolsQuery } from '../api/queries.ts';
import { FailureNotice } from '../kit/notice.tsx';
import { Waiting } from '../kit/page.tsx';
import { Search } from '../kit/search.tsx';

type Tool = View<'ToolView'>;

/** More rows than these are found by searching. */
const SHOWN = 300;

/** Tools to choose from, by upstream. */
export const ToolPicker = ({
  chosen,
  onChange,
}: {
  readonly chosen: ReadonlySet<string>;
  readonly onChange: (chosen: ReadonlySet<string>) => void;
}) => {
  const tools = useQuery(toolsQuery);
  const [wanted, setWanted] = useState('');
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const found = (tools.data ?? []).filter(({ name, description }) => {
    const text = `${name} ${description ?? ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const put = (group: readonly Tool[], isChosen: boolean): void => {
    const next = new Set(chosen);
    for (const { id } of group)
      if (isChosen) next.add(id);
      else next.delete(id);
    onChange(next);
  };
  return (
    <section className="panel stack">
      <div className="row apart">
        <h2>Tools</h2>
        <Search label="Search tools" value={wanted} onChange={setWanted} />
      </div>
      {tools.isPending && <Waiting />}
      {tools.isError && <FailureNotice error={tools.error} />}
      {tools.data !== undefined && found.length === 0 && <p className="quiet">No tool is like that.</p>}
      {[...Map.groupBy(found.slice(0, SHOWN), ({ gatewaySlug }) => gatewaySlug)].map(([upstream, group]) => (
        <Group key={upstream} upstream={upstream} group={group} chosen={chosen} put={put} />
      ))}
      {found.length > SHOWN && (
        <p className="quiet">{found.length - SHOWN} more: search for them. What is chosen stays chosen.</p>
      )}
    </section>
  );
};

const Group = ({
  upstream,
  group,
  chosen,
  put,
}: {
  readonly upstream: string;
  readonly group: readonly Tool[];
  readonly chosen: ReadonlySet<string>;
  readonly put: (group: readonly Tool[], isChosen: boolean) => void;
}) => {
  const isWhole = group.every(({ id }) => chosen.has(id));
  return (
    <fieldset>
      <legend>{upstream}</legend>
      <div className="stack">
        <div>
          <button type="button" className="button" onClick={() => put(group, !isWhole)}>
            {isWhole ? 'None' : 'All'} of these
            <span className="unseen"> of {upstream}</span>
          </button>
        </div>
        <ul className="picks">
          {group.map((tool) => (
            <li key={tool.id}>
              <label className="check">
                <input
                  type="checkbox"
                  checked={chosen.has(tool.id)}
                  onChange={({ target }) => put([tool], target.checked)}
                />
                <span title={tool.description ?? undefined}>{tool.name}</span>
              </label>
            </li>
          ))}
        </ul>
      </div>
    </fieldset>
  );
};
