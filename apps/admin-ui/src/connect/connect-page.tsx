import { useMutation, useQuery } from '@tanstack/react-query';
import { CLIENTS, CLIENT_PERMISSIONS, clientName } from '#libs/client-files';
import { type View, answerOf, api, endpointUrl } from '../api/client.ts';
import { serversQuery } from '../api/queries.ts';
import { Choice } from '../kit/choice.tsx';
import { CopyButton } from '../kit/copy.tsx';
import { FailureNotice, Notice } from '../kit/notice.tsx';
import { Page } from '../kit/page.tsx';
import { goTo, pageUrl, useRoute } from '../kit/route.ts';
import { State } from '../kit/state.tsx';

const DAYS = 90;
const SEEN_POLL_MS = 2_000;
/** Where the token goes while there is none. */
const PLACEHOLDER = 'YOUR_TOKEN';

/** The file of a client, ready to be put in its place, and a look at whether it has come. */
const Connect = () => {
  const { query } = useRoute();
  const servers = useQuery(serversQuery);
  const serverId = query.get('server');
  const [first] = CLIENTS;
  const client = CLIENTS.find(({ id }) => id === query.get('client')) ?? first;
  const server = servers.data?.find(({ id }) => id === serverId);
  const making = useMutation({
    mutationFn: () =>
      answerOf(
        api.POST('/v1/tokens', {
          body: {
            name: nameNow(client?.title ?? ''),
            expires_in_days: DAYS,
            scope: { server_id: serverId, permissions: [...CLIENT_PERMISSIONS] },
          },
        }),
      ),
  });
  const choose = (change: Readonly<Record<string, string>>): void => {
    making.reset();
    goTo(pageUrl(['connect'], { server: serverId, client: client?.id, ...change }), { replace: true });
  };
  if (client === undefined) return null;
  const target = {
    name: clientName(server?.name),
    url: endpointUrl(serverId),
    token: making.data?.access_token ?? PLACEHOLDER,
  };
  const text = client.write(target);
  return (
    <Page title="Connect" lead="A client, what it is to see, and the file that makes it so.">
      <section className="panel cols">
        <Choice
          label="Client"
          isLabelShown
          value={client.id}
          choices={CLIENTS.map(({ id, title }) => [id, title] as const)}
          onChange={(value) => choose({ client: value })}
        />
        <Choice
          label="What it sees"
          isLabelShown
          value={serverId ?? ''}
          choices={[
            ['', 'Everything that you may see'],
            ...(servers.data ?? []).map(({ id, name }) => [id, name] as const),
          ]}
          onChange={(value) => choose({ server: value })}
        />
      </section>
      <section className="panel stack">
        <div className="row apart">
          <h2>{client.title}</h2>
          <span className="row">
            {making.data === undefined && (
              <button type="button" className="button" disabled={making.isPending} onClick={() => making.mutate()}>
                {making.isPending ? 'Making a token …' : 'Put a token in'}
              </button>
            )}
            <CopyButton text={text} />
          </span>
        </div>
        <p className="quiet">For {client.place}</p>
        {making.isError && <FailureNotice error={making.error} />}
        <pre tabIndex={0} data-testid="recipe">
          {text}
        </pre>
        {making.data === undefined ? (
          <p className="quiet small">
            The token is made for this client alone: it uses tools, resources and prompts, administers nothing, and is
            good for {DAYS} days.
          </p>
        ) : (
          <Made token={making.data.token} />
        )}
      </section>
    </Page>
  );
};

export default Connect;

/** Tokens have different names. */
const nameNow = (title: string): string => `${title} ${new Date().toISOString().slice(0, 19).replace('T', ' ')}`;

/** Waits for the first request that shows the token. */
const Made = ({ token }: { readonly token: View<'TokenView'> }) => {
  const seen = useQuery({
    queryKey: ['tokens', token.id],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/tokens/{id}', { params: { path: { id: token.id } }, signal })),
    refetchInterval: ({ state }) => (state.data?.last_used ? false : SEEN_POLL_MS),
  });
  return (
    <Notice tone={seen.data?.last_used ? 'ok' : 'off'}>
      <p>
        The token is shown now and never again: copy the file before you leave. It is “{token.name}” among your tokens.
      </p>
      <p className="next" role="status">
        {seen.data?.last_used ? (
          <State tone="ok">The client has come: its first request is here.</State>
        ) : (
          'Waiting for the first request of the client …'
        )}
      </p>
    </Notice>
  );
};
