import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { CLIENTS, CLIENT_PERMISSIONS, clientName } from '#libs/client-files';
import { answerOf, api, endpointUrl } from '../api/client.ts';
import { meQuery, serversQuery } from '../api/queries.ts';
import { Choice } from '../kit/choice.tsx';
import { CopyButton } from '../kit/copy.tsx';
import { FailureNotice, Notice } from '../kit/notice.tsx';
import { Page } from '../kit/page.tsx';
import { goTo, pageUrl, useRoute } from '../kit/route.ts';
import { State } from '../kit/state.tsx';
import { type ClientFile, HandOverLink } from './hand-over-link.tsx';
import { type Recipient, recipientsQuery } from './recipients.ts';

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
  const whose = query.get('for') ?? '';
  const { recipient, isMissing } = useRecipient(whose);
  const queries = useQueryClient();
  const making = useMutation({
    onSuccess: () => queries.invalidateQueries({ queryKey: ['tokens'] }),
    mutationFn: () =>
      answerOf(
        api.POST('/v1/tokens', {
          body: {
            name: nameNow(client?.title ?? ''),
            user_email: recipient?.email ?? null,
            team_id: recipient?.team?.id ?? null,
            expires_in_days: DAYS,
            scope: { server_id: serverId, permissions: [...CLIENT_PERMISSIONS] },
          },
        }),
      ),
  });
  const choose = (change: Readonly<Record<string, string>>): void => {
    making.reset();
    goTo(pageUrl(['connect'], { server: serverId, client: client?.id, for: whose, ...change }), { replace: true });
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
            ['', recipient === null ? 'Everything that you may see' : `Everything that ${recipient.email} may see`],
            ...(servers.data ?? []).map(({ id, name }) => [id, name] as const),
          ]}
          onChange={(value) => choose({ server: value })}
        />
        <WhoUsesIt whose={whose} onChange={(value) => choose({ for: value })} />
      </section>
      <section className="panel stack">
        <div className="row apart">
          <h2>{client.title}</h2>
          <span className="row">
            {making.data === undefined && (
              <button
                type="button"
                className="button"
                disabled={making.isPending || isMissing}
                onClick={() => making.mutate()}
              >
                {making.isPending ? 'Making a token …' : 'Put a token in'}
              </button>
            )}
            <CopyButton text={text} />
          </span>
        </div>
        <p className="quiet">For {client.place}</p>
        {making.isError && <FailureNotice error={making.error} />}
        <Missing whose={whose} />
        <pre tabIndex={0} data-testid="recipe">
          {text}
        </pre>
        {making.data === undefined ? (
          <p className="quiet small">
            The token is made for this client alone: it uses tools, resources and prompts, administers nothing, and is
            good for {DAYS} days.{recipient !== null && <ForSomebody recipient={recipient} />}
          </p>
        ) : (
          <Made made={making.data} client={client.id} name={server?.name} />
        )}
      </section>
    </Page>
  );
};

export default Connect;

/** Somebody else who is to use it. `isMissing`: who was asked for, and is not to be had. */
const useRecipient = (whose: string) => {
  const me = useQuery(meQuery);
  const recipients = useQuery({
    ...recipientsQuery(me.data ?? { email: '', is_admin: false }),
    enabled: me.data !== undefined,
  });
  const recipient = recipients.data?.find((one) => keyOf(one) === whose) ?? null;
  // Never one's own token where somebody else's was asked for.
  return { recipients, recipient, isMissing: whose !== '' && recipient === null };
};

const WhoUsesIt = ({ whose, onChange }: { readonly whose: string; readonly onChange: (whose: string) => void }) => {
  const { recipients, isMissing } = useRecipient(whose);
  if (recipients.data === undefined || recipients.data.length === 0) return null;
  return (
    <Choice
      label="Who uses it"
      isLabelShown
      value={whose}
      choices={[
        ['', 'You'],
        ...(isMissing ? [[whose, whose] as const] : []),
        ...recipients.data.map((one) => [keyOf(one), wordsOf(one)] as const),
      ]}
      onChange={onChange}
    />
  );
};

const Missing = ({ whose }: { readonly whose: string }) => {
  const { recipients, isMissing } = useRecipient(whose);
  if (recipients.isError) return <FailureNotice error={recipients.error} />;
  if (!isMissing || !recipients.isSuccess || recipients.isFetching) return null;
  return (
    <Notice tone="bad">
      You may make no token for {whose}: they have no account that is good, or none that you manage.
    </Notice>
  );
};

const keyOf = ({ email, team }: Recipient): string => (team === null ? email : `${email} ${team.id}`);

const wordsOf = ({ email, team }: Recipient): string => (team === null ? email : `${email}, in ${team.name}`);

const ForSomebody = ({ recipient: { email, team } }: { readonly recipient: Recipient }) => (
  <>
    {' '}
    It stands for {email}, who sees that you made it; you can both end it.
    {team !== null && ` It reaches what is public or of ${team.name}, and is refused until they accept it.`}
  </>
);

/** Tokens have different names. */
const nameNow = (title: string): string => `${title} ${new Date().toISOString().slice(0, 19).replace('T', ' ')}`;

/** Waits for the first request that shows the token. */
const Made = ({ made, client, name }: ClientFile) => {
  const { token } = made;
  const seen = useQuery({
    queryKey: ['tokens', token.id],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/tokens/{id}', { params: { path: { id: token.id } }, signal })),
    refetchInterval: ({ state }) => (state.data?.last_used ? false : SEEN_POLL_MS),
  });
  return (
    <Notice tone={seen.data?.last_used ? 'ok' : 'off'}>
      <p>
        The token is shown now and never again: copy the file before you leave. It is “{token.name}” among{' '}
        {token.created_by === null ? 'your tokens' : `the tokens of ${token.user_email}, by you`}.
        {token.created_by !== null &&
          ' Hand the file over where nobody else reads it, or make a link that gives it once.'}
      </p>
      {token.awaits_acceptance && (
        <p className="next">It is refused until {token.user_email} accepts it, under Access in their console.</p>
      )}
      {token.created_by !== null && <HandOverLink made={made} client={client} name={name} />}
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
