import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query';
import { answerOf, api } from '../api/client.ts';
import { FailureNotice } from '../kit/notice.tsx';
import { FoundUpstream } from './found-upstream.tsx';
import type { Registration } from './pasted.ts';
import type { Upstream } from './upstream-state.tsx';

/** What came of one registration. */
type Outcome =
  | { readonly body: Registration; readonly upstream: Upstream; readonly error: null }
  | { readonly body: Registration; readonly upstream: null; readonly error: unknown };

type Registering = UseMutationResult<readonly Outcome[], Error, readonly Registration[]>;

const register = async (body: Registration): Promise<Outcome> => {
  try {
    return { body, upstream: await answerOf(api.POST('/v1/gateways', { body })), error: null };
  } catch (error) {
    return { body, upstream: null, error };
  }
};

/** Registers upstreams, one after the other: each may start a program. One that fails ends nothing. */
export const useRegistering = (): Registering => {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (bodies: readonly Registration[]) => {
      const outcomes: Outcome[] = [];
      for (const body of bodies) outcomes.push(await register(body));
      return outcomes;
    },
    onSettled: () => queries.invalidateQueries(),
  });
};

/** What was found at each, or why it was not added. */
export const Outcomes = ({ of: { data } }: { readonly of: Registering }) => (
  <div className="stack" aria-live="polite">
    {data?.map((outcome) =>
      outcome.upstream === null ? (
        <NotReached key={outcome.body.name} body={outcome.body} error={outcome.error} />
      ) : (
        <FoundUpstream key={outcome.upstream.id} upstream={outcome.upstream} />
      ),
    )}
  </div>
);

/** It may be there later: then it is kept, switched off, with the reason; but not an HTTP API, whose document is needed. */
const NotReached = ({ body, error }: { readonly body: Registration; readonly error: unknown }) => {
  const queries = useQueryClient();
  const keeping = useMutation({
    mutationFn: () => answerOf(api.POST('/v1/gateways', { body: { ...body, keepUnreachable: true } })),
    onSuccess: () => queries.invalidateQueries(),
  });
  if (keeping.data !== undefined) return <FoundUpstream upstream={keeping.data} />;
  return (
    <FailureNotice error={keeping.error ?? error}>
      <div className="row">
        <span>“{body.name}” was not added.</span>
        {body.transport !== 'OPENAPI' && (
          <button type="button" className="button" disabled={keeping.isPending} onClick={() => keeping.mutate()}>
            Add it switched off
          </button>
        )}
      </div>
    </FailureNotice>
  );
};
