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

/** Calls as rows: when, by whom, what became of it and why, and in whose time. */
export const CallTable = ({
  calls,
  hasName = true,
}: {
  readonly calls: readonly Call[];
  readonly hasName?: boolean;
}) => (
  <table className="table">
    <thead>
      <tr>
        <th>When</th>
        {hasName && <th>What</th>}
        <th>Who</th>
        <th>Outcome</th>
        <th className="right">Gateway</th>
        <th className="right">Upstream</th>
      </tr>
    </thead>
    <tbody>
      {calls.map((call) => (
        <tr key={call.id}>
          <td data-label="When">
            <a href={pageUrl(['calls', call.id])}>
              <Time at={call.startedAt} />
            </a>
          </td>
          {hasName && <td data-label="What">{call.name ?? call.method}</td>}
          <td data-label="Who">
            <span>
              {call.user ?? 'nobody known'}
              {call.client !== null && <span className="under">{call.client}</span>}
            </span>
          </td>
          <td data-label="Outcome">
            <span>
              <OutcomeMark outcome={call.outcome} />
              {call.outcome !== 'ok' && <span className="under">{call.why}</span>}
            </span>
          </td>
          <td className="right" data-label="Gateway">
            {duration(call.gatewayMs ?? call.latencyMs)}
          </td>
          <td className="right" data-label="Upstream">
            {duration(call.upstreamMs || null)}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);
