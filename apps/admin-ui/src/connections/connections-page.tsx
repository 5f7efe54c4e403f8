import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answerOf, api } from '../api/client.ts';
import { Confirm } from '../kit/confirm.tsx';
import { Heads } from '../kit/heads.tsx';
import { FailureNotice } from '../kit/notice.tsx';
import { Empty, Page, Waiting } from '../kit/page.tsx';
import { State, type Tone } from '../kit/state.tsx';
import { Time, count } from '../kit/text.tsx';
import { type Connection, type ConnectionState, beginConsent, connectionsQuery } from './connections.ts';

const WORDS: Readonly<Record<ConnectionState, readonly [tone: Tone, word: string]>> = {
  ok: ['ok', 'Connected'],
  needs_consent: ['off', 'Not connected'],
  needs_reauth: ['warn', 'Has ended'],
  failed: ['bad', 'Failing'],
};

/** "My connections": where the gateway calls upstreams with one's own consent, and where it wants one. */
const Connections = () => {
  const connections = useQuery(connectionsQuery);
  const [ending, setEnding] = useState<Connection | null>(null);
  const connecting = useMutation({
    mutationFn: beginConsent,
    onSuccess: (url) => location.assign(url),
  });
  const found = connections.data ?? [];
  return (
    <Page title="Connections" lead="Your own consents: what the gateway does at these upstreams, it does as you.">
      <section className="panel stack">
        {connections.isPending && <Waiting />}
        {connections.isError && <FailureNotice error={connections.error} />}
        {connecting.isError && <FailureNotice error={connecting.error} />}
        {connections.data !== undefined && found.length === 0 && (
          <Empty title="No upstream wants your consent">
            <p className="quiet">
              Those that are registered with OAuth and the grant authorization_code do: each person connects for
              themselves, here or by the link that a call answers with.
            </p>
          </Empty>
        )}
        {found.length > 0 && (
          <table className="table">
            <Heads of={['Upstream', 'State', 'May', 'Since']} />
            <tbody>
              {found.map((connection) => (
                <Row
                  key={connection.id}
                  connection={connection}
                  isBusy={connecting.isPending}
                  onConnect={() => connecting.mutate(connection.id)}
                  onEnd={() => setEnding(connection)}
                />
              ))}
            </tbody>
          </table>
        )}
        {ending !== null && <Disconnect connection={ending} onClose={() => setEnding(null)} />}
      </section>
    </Page>
  );
};

export default Connections;

const nameOf = ({ name, id }: Connection): string => name ?? id;

const Row = ({
  connection,
  isBusy,
  onConnect,
  onEnd,
}: {
  readonly connection: Connection;
  readonly isBusy: boolean;
  readonly onConnect: () => void;
  readonly onEnd: () => void;
}) => {
  const { name, state, reason, scopes, consentedAt } = connection;
  const [tone, word] = WORDS[state];
  return (
    <tr>
      <td>
        {nameOf(connection)}
        {name === null && <span className="under">which you do not see any more</span>}
      </td>
      <td data-label="State">
        <span>
          <State tone={tone}>{word}</State>
          {reason !== null && <span className="under">{reason}</span>}
        </span>
      </td>
      <td data-label="May">
        {scopes.length === 0 ? (
          <span className="quiet">as its server decides</span>
        ) : (
          <span title={scopes.join(', ')}>{scopes.length > 3 ? count(scopes.length, 'scope') : scopes.join(', ')}</span>
        )}
      </td>
      <td data-label="Since">
        <Time at={consentedAt} />
      </td>
      <td>
        <span className="row">
          {name !== null && (
            <button type="button" className="button" disabled={isBusy} onClick={onConnect}>
              {state === 'needs_consent' ? 'Connect' : 'Connect again'}
              <span className="unseen"> {name}</span>
            </button>
          )}
          {state !== 'needs_consent' && (
            <button type="button" className="button" onClick={onEnd}>
              Disconnect …<span className="unseen"> {nameOf(connection)}</span>
            </button>
          )}
        </span>
      </td>
    </tr>
  );
};

const Disconnect = ({ connection, onClose }: { readonly connection: Connection; readonly onClose: () => void }) => {
  const queries = useQueryClient();
  const ending = useMutation({
    mutationFn: () =>
      answerOf(api.DELETE('/v1/oauth/connections/{gatewayId}', { params: { path: { gatewayId: connection.id } } })),
    onSuccess: async () => {
      onClose();
      await queries.invalidateQueries();
    },
  });
  return (
    <Confirm title={`Disconnect ${nameOf(connection)}?`} action="Disconnect" doing={ending} onClose={onClose}>
      <p>
        Its tokens are forgotten, and revoked where its server can be told. Your calls to it ask for your consent again.
      </p>
    </Confirm>
  );
};
