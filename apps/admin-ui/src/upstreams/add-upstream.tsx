import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useRef, useState } from 'react';
import { answerOf, api } from '../api/client.ts';
import { FailureNotice } from '../kit/notice.tsx';
import { fieldsOf } from '../kit/text.tsx';
import { type Registration, UnreadableError, readPasted } from './pasted.ts';
import { FoundUpstream } from './found-upstream.tsx';
import type { Upstream } from './upstream-state.tsx';

/** What came of one of those that were pasted. */
type Outcome =
  | { readonly body: Registration; readonly upstream: Upstream; readonly error: null }
  | { readonly body: Registration; readonly upstream: null; readonly error: unknown };

const register = async (body: Registration): Promise<Outcome> => {
  try {
    return { body, upstream: await answerOf(api.POST('/v1/gateways', { body })), error: null };
  } catch (error) {
    return { body, upstream: null, error };
  }
};

/** One field for whatever somebody has of an upstream, and beneath it what was found there. */
export const AddUpstream = () => {
  const queries = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const ids = { text: useId(), hint: useId(), token: useId(), name: useId() };
  const [wrong, setWrong] = useState<string | null>(null);
  const adding = useMutation({
    mutationFn: async (bodies: readonly Registration[]) => {
      const outcomes: Outcome[] = [];
      // One after the other: each may start a program.
      for (const body of bodies) outcomes.push(await register(body));
      return outcomes;
    },
    onSettled: () => queries.invalidateQueries(),
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const { pasted, token, name } = fieldsOf(event.currentTarget);
    try {
      const bodies = readPasted(pasted ?? '').map((body) => ({
        ...body,
        ...(token && body.url && { authType: 'bearer' as const, authToken: token }),
      }));
      if (name && bodies.length > 1) throw new UnreadableError('A name is for one upstream: these have their own');
      setWrong(null);
      adding.mutate(bodies.map((body) => (name ? { ...body, name } : body)));
    } catch (error) {
      setWrong(error instanceof UnreadableError ? error.message : String(error));
    }
  };
  return (
    <div className="stack">
      <form ref={form} className="stack" onSubmit={submit}>
        <div className="field">
          <label htmlFor={ids.text}>A URL, a command, or an mcp.json</label>
          <textarea
            id={ids.text}
            data-first=""
            name="pasted"
            className="input code"
            rows={3}
            spellCheck={false}
            required
            autoComplete="off"
            aria-describedby={ids.hint}
            aria-invalid={wrong !== null}
            placeholder={'https://mcp.example.com/mcp\nnpx -y @modelcontextprotocol/server-everything'}
            onKeyDown={(event) => {
              const isOneLine = !/[{\n]/.test(event.currentTarget.value);
              if (event.key !== 'Enter' || event.shiftKey || !(isOneLine || event.ctrlKey || event.metaKey)) return;
              event.preventDefault();
              form.current?.requestSubmit();
            }}
          />
          {wrong === null ? (
            <span id={ids.hint} className="hint">
              It is connected to at once, and shown with what it offers. Enter adds it.
            </span>
          ) : (
            <span id={ids.hint} className="wrong" role="alert">
              {wrong}
            </span>
          )}
        </div>
        <details>
          <summary>Name and credential</summary>
          <div className="cols">
            <div className="field">
              <label htmlFor={ids.name}>Name</label>
              <input id={ids.name} name="name" className="input" autoComplete="off" placeholder="from the address" />
            </div>
            <div className="field">
              <label htmlFor={ids.token}>Bearer token of the upstream</label>
              <input id={ids.token} name="token" type="password" className="input" autoComplete="off" />
            </div>
          </div>
        </details>
        <div className="row">
          <button type="submit" className="button primary" disabled={adding.isPending}>
            {adding.isPending ? 'Connecting …' : 'Add'}
          </button>
        </div>
      </form>
      <div className="stack" aria-live="polite">
        {adding.data?.map((outcome) =>
          outcome.upstream === null ? (
            <NotReached key={outcome.body.name} body={outcome.body} error={outcome.error} />
          ) : (
            <FoundUpstream key={outcome.upstream.id} upstream={outcome.upstream} />
          ),
        )}
      </div>
    </div>
  );
};

/** It may be there later: then it is kept, switched off, with the reason. */
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
        <button type="button" className="button" disabled={keeping.isPending} onClick={() => keeping.mutate()}>
          Add it switched off
        </button>
      </div>
    </FailureNotice>
  );
};
