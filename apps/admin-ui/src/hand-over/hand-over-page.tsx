import { useMutation } from '@tanstack/react-query';
import { useEffect } from 'react';
import { CLIENTS, clientName } from '#libs/client-files';
import { answerOf, api, endpointUrl } from '../api/client.ts';
import { CopyButton } from '../kit/copy.tsx';
import { FailureNotice } from '../kit/notice.tsx';
import { useRoute } from '../kit/route.ts';

/** Where a link leads by which somebody takes a token that was made for them: they need no session for that. */
const HandOver = () => {
  const { query } = useRoute();
  const taking = useMutation({
    mutationFn: () => answerOf(api.POST('/v1/tokens/take', { body: { code: query.get('code') ?? '' } })),
  });
  useEffect(() => {
    document.title = 'A file for your client · Switchyard';
  }, []);
  const [first] = CLIENTS;
  const client = CLIENTS.find(({ id }) => id === query.get('client')) ?? first;
  const made = taking.data;
  const text =
    made === undefined || client === undefined
      ? ''
      : client.write({
          name: clientName(query.get('name') ?? undefined),
          url: endpointUrl(made.token.server_id),
          token: made.access_token,
        });
  return (
    <main className="entrance">
      <div className="panel stack">
        <h1>A file for your client</h1>
        {made === undefined ? (
          <>
            <p>Somebody has made a token for you. This link gives it once: take it where your client is.</p>
            {taking.isError && <FailureNotice error={taking.error} />}
            <div>
              <button
                type="button"
                className="button primary"
                disabled={taking.isPending}
                onClick={() => taking.mutate()}
              >
                {taking.isPending ? 'Taking it …' : 'Take it'}
              </button>
            </div>
          </>
        ) : (
          <>
            <div className="row apart">
              <h2>{client?.title}</h2>
              <CopyButton text={text} />
            </div>
            <p className="quiet">For {client?.place}</p>
            <pre tabIndex={0} data-testid="recipe">
              {text}
            </pre>
            <p className="quiet small">
              It acts as {made.token.user_email}, and is shown now and never again.
              {made.token.awaits_acceptance && ' It is refused until you accept it, under Access in the console.'}
            </p>
          </>
        )}
      </div>
    </main>
  );
};

export default HandOver;
