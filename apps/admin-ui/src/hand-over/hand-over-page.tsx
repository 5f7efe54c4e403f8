import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { CLIENTS, clientName } from '#libs/client-files';
import { answerOf, api, endpointUrl } from '../api/client.ts';
import { CopyButton } from '../kit/copy.tsx';
import { FailureNotice, Notice } from '../kit/notice.tsx';
import { goTo, pageUrl, useRoute } from '../kit/route.ts';

/** Where a link leads by which somebody takes a token that was made for them: they need no session for that. */
const HandOver = () => {
  const { query } = useRoute();
  const given = query.get('code');
  const [code, setCode] = useState(given);
  // What was taken stays when its code goes from the address, and makes way for another link.
  if (given !== null && given !== code) setCode(given);
  useEffect(() => {
    document.title = 'A file for your client · Switchyard';
  }, []);
  return (
    <main className="entrance">
      <div className="panel stack">
        <h1>A file for your client</h1>
        {code === null ? (
          <Notice tone="warn">There is no code in this address: open the link as it was given to you.</Notice>
        ) : (
          <Taking key={code} code={code} />
        )}
      </div>
    </main>
  );
};

export default HandOver;

const Taking = ({ code }: { readonly code: string }) => {
  const { query } = useRoute();
  const taking = useMutation({
    mutationFn: () => answerOf(api.POST('/v1/tokens/take', { body: { code } })),
    onSuccess: () =>
      goTo(pageUrl(['hand-over'], { client: query.get('client'), name: query.get('name') }), { replace: true }),
  });
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
  if (made === undefined)
    return (
      <>
        <p>Somebody has made a token for you. This link gives it once: take it where your client is.</p>
        {taking.isError && <FailureNotice error={taking.error} />}
        <div>
          <button type="button" className="button primary" disabled={taking.isPending} onClick={() => taking.mutate()}>
            {taking.isPending ? 'Taking it …' : 'Take it'}
          </button>
        </div>
      </>
    );
  return (
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
  );
};
