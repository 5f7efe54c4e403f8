import { useMutation } from '@tanstack/react-query';
import { type View, answerOf, api, gatewayUrl } from '../api/client.ts';
import { CopyButton } from '../kit/copy.tsx';
import { FailureNotice } from '../kit/notice.tsx';
import { pageUrl } from '../kit/route.ts';

/** What the file of a client is made of. */
export interface ClientFile {
  readonly made: View<'CreatedTokenView'>;
  readonly client: string;
  /** Of the virtual server. */
  readonly name: string | undefined;
}

/** A link by which somebody takes the file, once, so that nobody sends them the token. */
export const HandOverLink = ({ made: { token, access_token }, client, name }: ClientFile) => {
  const making = useMutation({
    mutationFn: () =>
      answerOf(
        api.POST('/v1/tokens/{id}/hand-over', { params: { path: { id: token.id } }, body: { token: access_token } }),
      ),
  });
  if (making.data === undefined)
    return (
      <div className="stack">
        <div>
          <button type="button" className="button" disabled={making.isPending} onClick={() => making.mutate()}>
            Make a link for {token.user_email}
          </button>
        </div>
        {making.isError && <FailureNotice error={making.error} />}
      </div>
    );
  const { code, expires_at } = making.data;
  return (
    <p className="row">
      <CopyButton what="Copy the link" text={`${gatewayUrl}/admin/${pageUrl(['hand-over'], { code, client, name })}`} />
      <span className="quiet small">
        Good once, and until <time dateTime={expires_at}>{new Date(expires_at).toLocaleString('en-GB')}</time>: whoever
        opens it first has the token.
      </span>
    </p>
  );
};
