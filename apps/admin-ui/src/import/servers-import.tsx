import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { gatewaysQuery } from '../api/queries.ts';
import { State } from '../kit/state.tsx';
import { count } from '../kit/text.tsx';
import { type Entry, UnreadableError, previewPasted } from '../upstreams/pasted.ts';
import { Outcomes, useRegistering } from '../upstreams/registering.tsx';
import { TextSource } from './text-source.tsx';

const read = (text: string): { readonly entries: readonly Entry[]; readonly wrong: string | null } => {
  if (text.trim() === '') return { entries: [], wrong: null };
  try {
    return { entries: previewPasted(text), wrong: null };
  } catch (error) {
    return { entries: [], wrong: error instanceof UnreadableError ? error.message : String(error) };
  }
};

/** The servers of a client's mcp.json: each with what would become of it, to be chosen from. */
export const ServersImport = () => {
  const upstreams = useQuery(gatewaysQuery);
  const registering = useRegistering();
  const [text, setText] = useState('');
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const { entries, wrong } = read(text);
  const there = new Set((upstreams.data ?? []).map(({ name }) => name));
  const chosen = entries.flatMap(({ name, body }) =>
    body === null || there.has(name) || left.has(name) ? [] : [body],
  );
  const toggle = (name: string): void => {
    const next = new Set(left);
    if (!next.delete(name)) next.add(name);
    setLeft(next);
  };
  return (
    <>
      <section className="panel stack">
        <TextSource
          label="The mcp.json of a client"
          hint="Comments and trailing commas may stay. Nothing is sent until you say so."
          placeholder={'{ "mcpServers": { "files": { "command": "npx", "args": ["-y", "…"] } } }'}
          accept=".json,.jsonc,application/json"
          value={text}
          wrong={wrong}
          onChange={(next) => {
            setText(next);
            registering.reset();
          }}
        />
        {entries.length > 0 && (
          <>
            <table className="table">
              <thead>
                <tr>
                  <th>Server</th>
                  <th>Is at</th>
                  <th>Becomes</th>
                </tr>
              </thead>
              <tbody>
                {entries.map((entry) => (
                  <Row
                    key={entry.name}
                    entry={entry}
                    isThere={there.has(entry.name)}
                    isChosen={!left.has(entry.name)}
                    onToggle={() => toggle(entry.name)}
                  />
                ))}
              </tbody>
            </table>
            <div className="row">
              <button
                type="button"
                className="button primary"
                disabled={chosen.length === 0 || registering.isPending}
                onClick={() => registering.mutate(chosen)}
              >
                {registering.isPending ? 'Connecting …' : `Add ${count(chosen.length, 'server')}`}
              </button>
            </div>
          </>
        )}
      </section>
      <Outcomes of={registering} />
    </>
  );
};

const Row = ({
  entry: { name, body, problem },
  isThere,
  isChosen,
  onToggle,
}: {
  readonly entry: Entry;
  readonly isThere: boolean;
  readonly isChosen: boolean;
  readonly onToggle: () => void;
}) => {
  const isPossible = body !== null && !isThere;
  return (
    <tr>
      <td>
        <label className="check">
          <input type="checkbox" checked={isPossible && isChosen} disabled={!isPossible} onChange={onToggle} />
          {name}
        </label>
      </td>
      <td data-label="Is at">
        <code>{body?.url ?? [body?.command, ...(body?.args ?? [])].filter(Boolean).join(' ')}</code>
      </td>
      <td data-label="Becomes">
        <span>
          {problem !== null && <State tone="bad">Left out</State>}
          {problem === null && isThere && <State tone="off">There already</State>}
          {isPossible && <State tone={isChosen ? 'ok' : 'off'}>{isChosen ? 'An upstream' : 'Left out'}</State>}
          {problem !== null && <span className="under">{problem}</span>}
        </span>
      </td>
    </tr>
  );
};
