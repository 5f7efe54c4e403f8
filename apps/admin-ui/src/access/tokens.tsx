import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type View, answerOf, api } from '../api/client.ts';
import { meQuery, serversQuery } from '../api/queries.ts';
import { Confirm } from '../kit/confirm.tsx';
import { Heads } from '../kit/heads.tsx';
import { FailureNotice } from '../kit/notice.tsx';
import { Waiting } from '../kit/page.tsx';
import { State } from '../kit/state.tsx';
import { Time, count } from '../kit/text.tsx';
import { isMeant } from './users.tsx';

type Token = View<'TokenView'>;

const PAGE = 100;

/** One's own tokens; of an administrator, everybody's. */
export const Tokens = ({ person }: { readonly person: string }) => {
  const me = useQuery(meQuery);
  const isAll = me.data?.is_admin === true;
  const [isEnded, setEnded] = useState(false);
  const [revoked, setRevoked] = useState<Token | null>(null);
  const tokens = useQuery({
    queryKey: ['tokens', 'list', isAll],
    queryFn: ({ signal }) =>
      answerOf(api.GET(isAll ? '/v1/tokens/admin/all' : '/v1/tokens', { params: { query: { limit: PAGE } }, signal })),
  });
  const shown = (tokens.data?.tokens ?? [])
    .filter((token) => isEnded || token.is_active)
    .filter(({ user_email: of, created_by: by, name }) => isMeant(person, of, by ?? '', name));
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
      {tokens.data !== undefined && shown.length === 0 && (
        <p className="quiet">{person === '' ? 'No token is good.' : 'None of these is good.'}</p>
      )}
      {shown.length > 0 && (
        <table className="table">
          <Heads of={['Token', 'Of', 'May', 'Used', 'Ends']} />
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
  client: 'for a client without a user',
  command: 'on the command line',
  start: 'at a start',
};

const Row = ({ token, onRevoke }: { readonly token: Token; readonly onRevoke: () => void }) => {
  const me = useQuery(meQuery);
  const servers = useQuery(serversQuery);
  const server = servers.data?.find(({ id }) => id === token.server_id);
  const scopes = token.resource_scopes.length;
  return (
    <tr>
      <td>
        {token.name}
        <span className="under">
          made {token.created_by === null ? MAKERS[token.made_by] : `by ${token.created_by}`}{' '}
          <Time at={token.created_at} />
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
        {token.is_active && token.awaits_acceptance && <State tone="warn">Waits to be accepted</State>}
        {token.is_active && !token.awaits_acceptance && <Time at={token.expires_at} />}
        {!token.is_active && <State tone="off">{token.is_revoked ? 'Revoked' : 'Over'}</State>}
      </td>
      <td>
        {token.is_active && (
          <span className="row">
            {token.awaits_acceptance && token.user_email === me.data?.email && <Accept token={token} />}
            <button type="button" className="button" onClick={onRevoke}>
              Revoke …<span className="unseen"> {token.name}</span>
            </button>
          </span>
        )}
      </td>
    </tr>
  );
};

/** Whoever made it knows its value, and so may use it as they can once it is good. */
const Accept = ({ token }: { readonly token: Token }) => {
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const accepting = useMutation({
    mutationFn: () => answerOf(api.POST('/v1/tokens/{id}/accept', { params: { path: { id: token.id } } })),
    onSuccess: async () => {
      setAsking(false);
      await queries.invalidateQueries({ queryKey: ['tokens'] });
    },
  });
  return (
    <>
      <button type="button" className="button primary" onClick={() => setAsking(true)}>
        Accept …<span className="unseen"> {token.name}</span>
      </button>
      {isAsking && (
        <Confirm
          title={`Accept ${token.name}?`}
          action="Accept"
          tone="primary"
          doing={accepting}
          onClose={() => setAsking(false)}
        >
          <p>
            {token.created_by} made it for you and has seen it. Whoever has it acts as you: with what you may in the
            team, what is yours alone, and what you consented to. Accept it where you asked for it.
          </p>
        </Confirm>
      )}
    </>
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
