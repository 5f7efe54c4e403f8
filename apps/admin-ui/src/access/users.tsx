import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { type View, answerOf, api } from '../api/client.ts';
import { meQuery, usersQuery } from '../api/queries.ts';
import { Dialog } from '../kit/dialog.tsx';
import { Heads } from '../kit/heads.tsx';
import { pageUrl } from '../kit/route.ts';
import { FailureNotice } from '../kit/notice.tsx';
import { Waiting } from '../kit/page.tsx';
import { State } from '../kit/state.tsx';
import { Time, fieldsOf } from '../kit/text.tsx';

type User = View<'UserView'>;

/** Whether one of these has what is searched for in it. */
export const isMeant = (wanted: string, ...texts: readonly string[]): boolean =>
  texts.some((text) => text.toLowerCase().includes(wanted.trim().toLowerCase()));

/** Who has an account; for those who may see that. */
export const Users = ({ person }: { readonly person: string }) => {
  const [isAdding, setAdding] = useState(false);
  const users = useQuery(usersQuery);
  if (users.data === null) return null;
  const shown = (users.data ?? []).filter(({ email, full_name: name }) => isMeant(person, email, name ?? ''));
  return (
    <section className="panel stack">
      <div className="row apart">
        <h2>Users</h2>
        <button type="button" className="button" onClick={() => setAdding(true)}>
          Add a user
        </button>
      </div>
      {users.isPending && <Waiting />}
      {users.isError && <FailureNotice error={users.error} />}
      {users.data !== undefined && shown.length === 0 && <p className="quiet">Nobody is called so.</p>}
      {shown.length > 0 && (
        <table className="table">
          <Heads of={['User', 'Is', 'Since']} />
          <tbody>
            {shown.map((user) => (
              <Row key={user.email} user={user} />
            ))}
          </tbody>
        </table>
      )}
      {isAdding && <AddUser onClose={() => setAdding(false)} />}
    </section>
  );
};

const Row = ({
  user: { email, full_name: name, is_admin: isAdmin, is_active: isActive, created_at: since },
}: {
  readonly user: User;
}) => {
  const me = useQuery(meQuery);
  const queries = useQueryClient();
  const switching = useMutation({
    mutationFn: () =>
      answerOf(
        api.PATCH('/v1/auth/email/admin/users/{email}', {
          params: { path: { email } },
          body: { is_active: !isActive },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: ['users'] }),
  });
  return (
    <tr>
      <td>
        {email}
        {name !== null && <span className="under">{name}</span>}
      </td>
      <td data-label="Is">
        <span>
          {isActive ? (
            <State tone="ok">{isAdmin ? 'Administrator' : 'User'}</State>
          ) : (
            <State tone="off">Disabled</State>
          )}
          {switching.isError && <FailureNotice error={switching.error} />}
        </span>
      </td>
      <td data-label="Since">
        <Time at={since} />
      </td>
      <td>
        {email !== me.data?.email && (
          <span className="row">
            {isActive && (
              <a className="button" href={pageUrl(['connect'], { for: email })}>
                Give a token<span className="unseen"> to {email}</span>
              </a>
            )}
            <button type="button" className="button" disabled={switching.isPending} onClick={() => switching.mutate()}>
              {isActive ? 'Disable' : 'Enable'}
              <span className="unseen"> {email}</span>
            </button>
          </span>
        )}
      </td>
    </tr>
  );
};

const AddUser = ({ onClose }: { readonly onClose: () => void }) => {
  const ids = { email: useId(), name: useId(), password: useId() };
  const queries = useQueryClient();
  const adding = useMutation({
    mutationFn: ({ email = '', name, password, admin }: Readonly<Record<string, string>>) =>
      answerOf(
        api.POST('/v1/auth/email/admin/users', {
          body: { email, full_name: name || null, password: password || null, is_admin: admin === 'on' },
        }),
      ),
    onSuccess: async () => {
      onClose();
      await queries.invalidateQueries({ queryKey: ['users'] });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    adding.mutate(fieldsOf(event.currentTarget));
  };
  return (
    <Dialog title="Add a user" onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <div className="field">
          <label htmlFor={ids.email}>E-mail</label>
          <input id={ids.email} data-first="" name="email" type="email" className="input" required autoComplete="off" />
        </div>
        <div className="field">
          <label htmlFor={ids.name}>Name</label>
          <input id={ids.name} name="name" className="input" autoComplete="off" />
        </div>
        <div className="field">
          <label htmlFor={ids.password}>Password</label>
          <input id={ids.password} name="password" type="password" className="input" autoComplete="new-password" />
          <span className="hint">Without one they use tokens, and links of “switchyard open”.</span>
        </div>
        <label className="check">
          <input type="checkbox" name="admin" />
          An administrator, who may everything
        </label>
        {adding.isError && <FailureNotice error={adding.error} />}
        <div>
          <button type="submit" className="button primary" disabled={adding.isPending}>
            Add
          </button>
        </div>
      </form>
    </Dialog>
  );
};
