import { type FormEvent, useId, useRef, useState } from 'react';
import { fieldsOf } from '../kit/text.tsx';
import { TokenField } from './address-fields.tsx';
import { UnreadableError, readPasted } from './pasted.ts';
import { Outcomes, useRegistering } from './registering.tsx';

/** One field for whatever somebody has of an upstream, and beneath it what was found there. */
export const AddUpstream = () => {
  const form = useRef<HTMLFormElement>(null);
  const ids = { text: useId(), hint: useId(), name: useId() };
  const [wrong, setWrong] = useState<string | null>(null);
  const adding = useRegistering();
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
            <TokenField label="Bearer token of the upstream" />
          </div>
        </details>
        <div className="row">
          <button type="submit" className="button primary" disabled={adding.isPending}>
            {adding.isPending ? 'Connecting …' : 'Add'}
          </button>
        </div>
      </form>
      <Outcomes of={adding} />
    </div>
  );
};
