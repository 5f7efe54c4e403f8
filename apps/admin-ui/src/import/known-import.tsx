import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { type View, answerOf, api } from '../api/client.ts';
import { Dialog } from '../kit/dialog.tsx';
import { Heads } from '../kit/heads.tsx';
import { FailureNotice, Notice } from '../kit/notice.tsx';
import { Empty, Waiting } from '../kit/page.tsx';
import { pageUrl } from '../kit/route.ts';
import { Search } from '../kit/search.tsx';
import { State } from '../kit/state.tsx';
import { count, fieldsOf } from '../kit/text.tsx';
import { FoundUpstream } from '../upstreams/found-upstream.tsx';

type Known = View<'KnownServerView'>;

const PAGE = 100;

/** The servers that the operator knows of: one is registered by a click, or by the key that it wants. */
export const KnownImport = () => {
  const [search, setSearch] = useState('');
  const [asked, setAsked] = useState<Known | null>(null);
  const known = useQuery({
    queryKey: ['catalog', search],
    queryFn: ({ signal }) => {
      const query = { limit: PAGE, ...(search !== '' && { search }) };
      return answerOf(api.GET('/v1/catalog', { params: { query }, signal }));
    },
    placeholderData: (before) => before,
  });
  const registering = useRegisteringKnown(() => setAsked(null));
  if (known.isPending) return <Waiting />;
  if (known.data === undefined) return <FailureNotice error={known.error} />;
  const { servers, total, problems } = known.data;
  if (total === 0 && search === '' && problems.length === 0) return <Nothing />;
  return (
    <>
      <section className="panel stack">
        <div className="row filters">
          <Search label="Search known servers" value={search} onChange={setSearch} />
          <span className="quiet" role="status">
            {count(total, 'server')}
          </span>
        </div>
        {servers.length === 0 ? (
          <p className="quiet">No known server is like that.</p>
        ) : (
          <table className="table">
            <Heads of={['Server', 'Wants', 'State']} />
            <tbody>
              {servers.map((server) => (
                <Row
                  key={server.id}
                  server={server}
                  isBusy={registering.isPending}
                  onAdd={() => (server.requires_api_key ? setAsked(server) : registering.mutate({ server }))}
                />
              ))}
            </tbody>
          </table>
        )}
        {total > servers.length && <p className="quiet">Search to see the others.</p>}
        {problems.map((problem) => (
          <Notice key={problem} tone="warn">
            <p>{problem}</p>
          </Notice>
        ))}
      </section>
      {asked !== null && (
        <Key
          server={asked}
          isBusy={registering.isPending}
          error={registering.error}
          onAdd={(apiKey) => registering.mutate({ server: asked, apiKey })}
          onClose={() => {
            setAsked(null);
            registering.reset();
          }}
        />
      )}
      <div aria-live="polite">
        {registering.data !== undefined && <FoundUpstream upstream={registering.data.gateway} />}
        {registering.isError && asked === null && <FailureNotice error={registering.error} />}
      </div>
    </>
  );
};

const useRegisteringKnown = (onDone: () => void) => {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ server: { id }, apiKey }: { readonly server: Known; readonly apiKey?: string }) =>
      answerOf(
        api.POST('/v1/catalog/{id}/register', {
          params: { path: { id } },
          body: { ...(apiKey !== undefined && { apiKey }) },
        }),
      ),
    onSuccess: async () => {
      onDone();
      await queries.invalidateQueries();
    },
  });
};

const Row = ({
  server,
  isBusy,
  onAdd,
}: {
  readonly server: Known;
  readonly isBusy: boolean;
  readonly onAdd: () => void;
}) => (
  <tr>
    <td>
      {!server.documentation_url?.startsWith('https://') ? (
        <strong>{server.name}</strong>
      ) : (
        <a href={server.documentation_url} target="_blank" rel="noreferrer">
          {server.name}
        </a>
      )}
      <span className="under clamp">{server.description}</span>
      <span className="under">
        {server.provider}, {server.category}
      </span>
    </td>
    <td data-label="Wants">{server.auth_type === 'Open' ? 'nothing' : server.auth_type}</td>
    <td data-label="State">
      <KnownState server={server} />
    </td>
    <td className="right">
      {server.is_registered ? (
        <a href={pageUrl(['upstreams', ...server.gateway_ids.slice(0, 1)])}>Show</a>
      ) : (
        <button type="button" className="button" aria-label={`Add ${server.name}`} disabled={isBusy} onClick={onAdd}>
          {server.requires_api_key ? 'Add …' : 'Add'}
        </button>
      )}
    </td>
  </tr>
);

const KnownState = ({
  server: { is_registered: isRegistered, is_available: isAvailable },
}: {
  readonly server: Known;
}) => {
  if (!isRegistered) return <State tone="off">Not registered</State>;
  return isAvailable === false ? <State tone="bad">Unreachable</State> : <State tone="ok">Registered</State>;
};

/** Asks for the key of a server, which is kept encrypted and shown nowhere. */
const Key = ({
  server,
  isBusy,
  error,
  onAdd,
  onClose,
}: {
  readonly server: Known;
  readonly isBusy: boolean;
  readonly error: unknown;
  readonly onAdd: (apiKey: string) => void;
  readonly onClose: () => void;
}) => {
  const id = useId();
  return (
    <Dialog title={`Add ${server.name}`} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event: FormEvent<HTMLFormElement>) => {
          event.preventDefault();
          onAdd(fieldsOf(event.currentTarget)['key'] ?? '');
        }}
      >
        <div className="field">
          <label htmlFor={id}>Its API key</label>
          <input id={id} name="key" type="password" className="input" required autoComplete="off" />
          <span className="hint">Kept encrypted, and sent to {new URL(server.url).host} alone.</span>
        </div>
        {error !== null && <FailureNotice error={error} />}
        <div className="row">
          <button type="submit" className="button primary" disabled={isBusy}>
            {isBusy ? 'Connecting …' : 'Add'}
          </button>
        </div>
      </form>
    </Dialog>
  );
};

const Nothing = () => (
  <section className="panel">
    <Empty title="No server is known here">
      <p className="quiet">
        Whoever runs the gateway writes them into a file and names it in <code>MCPGATEWAY_CATALOG_FILE</code>.
      </p>
      <a className="button" href={pageUrl(['import', 'servers'])}>
        Import an mcp.json
      </a>
    </Empty>
  </section>
);
