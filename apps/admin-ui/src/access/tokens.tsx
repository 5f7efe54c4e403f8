import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type View, answerOf, api } from '../api/client.ts';
import { meQuery, serversQuery } from '../api/queries.ts';
import { Confirm } from '../kit/confirm.tsx';
import { FailureNotice } from '../kit/notice.tsx';
import { Waiting } from '../kit/page.tsx';
import { State } from '../kit/state.tsx';
import { Time, count } from '../kit/text.tsx';

type Token = View<'TokenView'>;

const PAGE = 100;

/** One's own tokens; of an administrator, everybody's. */
export const Tokens = () => {
  const me = useQuery(meQuery);
  const isAll = me.data?.is_admin === true;
  const [isEnded, setEnded] = useState(false);
  const [revoked, setRevoked] = useState<Token | null>(null);
  const tokens = useQuery({
    queryKey: ['tokens', 'list', isAll],
    queryFn: ({ signal }) =>
      answerOf(api.GET(isAll ? '/v1/tokens/admin/all' : '/v1/tokens', { params: { query: { limit: PAGE } }, signal })),
  });
  const shown = (tokens.data?.tokens ?? []).filter((token) => isEnded || token.is_active);
  return (
    <section className="panel stack">
      <div className="row apart">
        <h2>{isAll ? 'Tokens of everybody' : 'Your tokens'}</h2>
        <label className="check">
          <input type="checkbox" checked={isEnded} onChange={({ target }) => setEnded(target.checked)} />
          Also those that have ended
        </label>
      </div>
      {tokens.isPending && <Waiting />}
      {tokens.isError && <FailureNotice error={tokens.error} />}
      {tokens.data !== undefined && shown.length === 0 && <p className="quiet">No token is good.</p>}
      {shown.length > 0 && (
        <table className="table">
          <thead>
            <tr>
              <th>Token</th>
              <th>Of</th>
              <th>May</th>
              <th>Used</th>
              <th>Ends</th>
              <th>
                <span className="unseen">Do</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((token) => (
              <Row key={token.id} token={token} onRevoke={() => setRevoked(token)} />
            ))}
          </tbody>
        </table>
      )}
      {tokens.data !== undefined && tokens.data.total > PAGE && (
        <p className="quiet">
          The newest {PAGE} of {tokens.data.total.toLocaleString('en')}.
        </p>
      )}
      {revoked !== null && <Revoke token={revoked} isOther={isAll} onClose={() => setRevoked(null)} />}
    </section>
  );
};

const MAKERS: Readonly<Record<Token['made_by'], string>> = {
  request: 'by request',
  login: 'by a log-in',
  consent: 'by a consent to a client',
  command: 'on the command line',
  start: 'at a start',
};

const Row = ({ token, onRevoke }: { readonly token: Token; readonly onRevoke: () => void }) => {
  const servers = useQuery(serversQuery);
  const server = servers.data?.find(({ id }) => id === token.server_id);
  const scopes = token.resource_scopes.length;
  return (
    <tr>
      <td>
        {token.name}
        <span className="under">
          made {MAKERS[token.made_by]} <Time at={token.created_at} />
        </span>
      </td>
      <td data-label="Of">{token.user_email}</td>
      <td data-label="May">
        <span>
          {scopes === 0 ? (
            'all that its user may'
          ) : (
            <span title={token.resource_scopes.join(', ')}>{count(scopes, 'permission')}</span>
          )}
          {token.server_id !== null && <span className="under">at {server?.name ?? token.server_id} alone</span>}
        </span>
      </td>
      <td data-label="Used">
        <Time at={token.last_used} />
      </td>
      <td data-label="Ends">
        {token.is_active ? (
          <Time at={token.expires_at} />
        ) : (
          <State tone="off">{token.is_revoked ? 'Revoked' : 'Over'}</State>
        )}
      </td>
      <td>
        {token.is_active && (
          <button type="button" className="button" onClick={onRevoke}>
            Revoke …<span className="unseen"> {token.name}</span>
          </button>
        )}
      </td>
    </tr>
  );
};

const Revoke = ({
  token,
  isOther,
  onClose,
}: {
  readonly token: Token;
  readonly isOther: boolean;
  readonly onClose: () => void;
}) => {
  const queries = useQueryClient();
  const params = { path: { id: token.id } };
  const revoking = useMutation({
    mutationFn: () =>
      answerOf(isOther ? api.DELETE('/v1/tokens/admin/{id}', { params }) : api.DELETE('/v1/tokens/{id}', { params })),
    onSuccess: async () => {
      onClose();
      await queries.invalidateQueries();
    },
  });
  return (
    <Confirm title={`Revoke ${token.name}?`} action="Revoke" doing={revoking} onClose={onClose}>
      <p>Whoever has it is refused at once, and so are the tokens that it made. It cannot be taken back.</p>
    </Confirm>
  );
};
