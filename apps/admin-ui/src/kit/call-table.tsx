import { memo } from 'react';
import type { View } from '../api/client.ts';
import { pageUrl } from './route.ts';
import { State, type Tone } from './state.tsx';
import { Time, duration } from './text.tsx';

type Call = View<'CallView'>;

const OUTCOMES: Readonly<Record<Call['outcome'], readonly [Tone, string]>> = {
  ok: ['ok', 'Done'],
  tool_error: ['warn', 'Tool failed'],
  error: ['bad', 'Failed'],
  refused: ['bad', 'Refused'],
  cancelled: ['off', 'Cancelled'],
  unknown: ['warn', 'Unknown'],
};

export const OutcomeMark = ({ outcome }: { readonly outcome: Call['outcome'] }) => {
  const [tone, word] = OUTCOMES[outcome];
  return <State tone={tone}>{word}</State>;
};

/** Those of its columns that may be hidden. */
export const CALL_COLUMNS = ['What', 'Who', 'Outcome', 'Gateway', 'Upstream'] as const;
export type CallColumn = (typeof CALL_COLUMNS)[number];

/** Calls as rows: when, by whom, what became of it and why, and in whose time. */
export const CallTable = ({
  calls,
  hidden = NONE,
}: {
  readonly calls: readonly Call[];
  /** The same one as long as it says the same. */
  readonly hidden?: ReadonlySet<CallColumn>;
}) => (
  <table className="table">
    <thead>
      <tr>
        <th>When</th>
        {CALL_COLUMNS.filter((column) => !hidden.has(column)).map((column) => (
          <th key={column} className={RIGHT.has(column) ? 'right' : undefined}>
            {column}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {calls.map((call) => (
        <CallRow key={call.id} call={call} hidden={hidden} />
      ))}
    </tbody>
  </table>
);

const NONE: ReadonlySet<CallColumn> = new Set();
const RIGHT: ReadonlySet<CallColumn> = new Set(['Gateway', 'Upstream']);

/** A call does not change: where others come, its row stays as it is. */
const CallRow = memo(({ call, hidden }: { readonly call: Call; readonly hidden: ReadonlySet<CallColumn> }) => (
  <tr>
    <td data-label="When">
      <a href={pageUrl(['calls', call.id])}>
        <Time at={call.startedAt} />
      </a>
    </td>
    {!hidden.has('What') && <td data-label="What">{call.name ?? call.method}</td>}
    {!hidden.has('Who') && (
      <td data-label="Who">
        <span>
          {call.user ?? 'nobody known'}
          {call.client !== null && <span className="under">{call.client}</span>}
        </span>
      </td>
    )}
    {!hidden.has('Outcome') && (
      <td data-label="Outcome">
        <span>
          <OutcomeMark outcome={call.outcome} />
          {call.outcome !== 'ok' && <span className="under why">{call.why}</span>}
        </span>
      </td>
    )}
    {!hidden.has('Gateway') && (
      <td className="right" data-label="Gateway">
        {duration(call.gatewayMs ?? call.latencyMs)}
      </td>
    )}
    {!hidden.has('Upstream') && (
      <td className="right" data-label="Upstream">
        {duration(call.upstreamMs || null)}
      </td>
    )}
  </tr>
));
