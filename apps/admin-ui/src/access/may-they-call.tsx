import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useId } from 'react';
import { answerOf, api } from '../api/client.ts';
import { meQuery, toolsQuery } from '../api/queries.ts';
import { FailureNotice, Notice } from '../kit/notice.tsx';
import { fieldsOf } from '../kit/text.tsx';

/** Whether somebody may call a tool, by which rule, and what would make it otherwise. */
export const MayTheyCall = () => {
  const ids = { user: useId(), tool: useId(), tools: useId() };
  const me = useQuery(meQuery);
  const tools = useQuery(toolsQuery);
  const asking = useMutation({
    mutationFn: ({ user = '', tool = '' }: Readonly<Record<string, string>>) =>
      answerOf(api.GET('/v1/authz/explain', { params: { query: { user, tool } } })),
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    asking.mutate(fieldsOf(event.currentTarget));
  };
  return (
    <section className="panel stack">
      <h2>May they call it?</h2>
      <form className="cols" onSubmit={submit}>
        <div className="field">
          <label htmlFor={ids.user}>E-mail of the user</label>
          <input
            id={ids.user}
            name="user"
            type="email"
            className="input"
            required
            autoComplete="off"
            defaultValue={me.data?.email}
          />
        </div>
        <div className="field">
          <label htmlFor={ids.tool}>Tool</label>
          <input id={ids.tool} name="tool" className="input" list={ids.tools} required autoComplete="off" />
          <datalist id={ids.tools}>
            {(tools.data ?? []).map(({ id, name }) => (
              <option key={id}>{name}</option>
            ))}
          </datalist>
        </div>
        <div>
          <button type="submit" className="button" disabled={asking.isPending}>
            {asking.isPending ? 'Looking …' : 'Look'}
          </button>
        </div>
      </form>
      {asking.isError && <FailureNotice error={asking.error} />}
      {asking.data !== undefined && (
        <Notice tone={asking.data.allowed ? 'ok' : 'bad'}>
          <strong>{asking.data.allowed ? 'Yes' : 'No'}</strong>
          <p>
            {asking.data.because} (<code>{asking.data.rule}</code>)
          </p>
          {asking.data.wouldChange.map((change) => (
            <p key={change} className="next">
              It would be otherwise: {change}
            </p>
          ))}
        </Notice>
      )}
    </section>
  );
};
