import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { type View, answerOf, api } from '../api/client.ts';
import { FailureNotice } from '../kit/notice.tsx';
import { Page } from '../kit/page.tsx';
import { goTo, pageUrl } from '../kit/route.ts';
import { count, fieldsOf } from '../kit/text.tsx';
import { ToolPicker } from './tool-picker.tsx';

type Server = View<'ServerView'>;

/** Makes a virtual server, or changes one: its name, and the tools that it shows. */
export const ServerForm = ({ server }: { readonly server: Server | null }) => {
  const queries = useQueryClient();
  const ids = { name: useId(), about: useId() };
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(server?.associatedToolIds));
  const back = pageUrl(server === null ? ['servers'] : ['servers', server.id]);
  const keeping = useMutation({
    mutationFn: async ({ name = '', description = '' }: Readonly<Record<string, string>>) => {
      const body = { name, description: description || null, associatedTools: [...chosen] };
      if (server === null) return answerOf(api.POST('/v1/servers', { body: { server: body } }));
      return answerOf(api.PUT('/v1/servers/{id}', { params: { path: { id: server.id } }, body }));
    },
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries();
      goTo(pageUrl(['servers', id]), { replace: true });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    keeping.mutate(fieldsOf(event.currentTarget));
  };
  return (
    <Page
      title={server === null ? 'Make a server' : `Change ${server.name}`}
      lead="Its clients see what is chosen here, and nothing else."
    >
      <form className="stack" onSubmit={submit}>
        <section className="panel cols">
          <div className="field">
            <label htmlFor={ids.name}>Name</label>
            <input
              id={ids.name}
              name="name"
              className="input"
              required
              maxLength={255}
              autoComplete="off"
              defaultValue={server?.name}
            />
          </div>
          <div className="field">
            <label htmlFor={ids.about}>What it is for</label>
            <input
              id={ids.about}
              name="description"
              className="input"
              autoComplete="off"
              defaultValue={server?.description ?? ''}
            />
          </div>
        </section>
        <ToolPicker chosen={chosen} onChange={setChosen} />
        {keeping.isError && <FailureNotice error={keeping.error} />}
        <div className="row">
          <button type="submit" className="button primary" disabled={keeping.isPending}>
            {server === null ? 'Make it' : 'Keep it so'}, with {count(chosen.size, 'tool')}
          </button>
          <a className="button" href={back}>
            Leave it
          </a>
        </div>
      </form>
    </Page>
  );
};
