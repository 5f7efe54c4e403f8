import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useEffect, useId, useRef } from 'react';
import { gatewayUrl } from '../api/client.ts';
import { providersQuery } from '../api/queries.ts';
import { FailureNotice, Notice } from '../kit/notice.tsx';
import { goTo, useRoute } from '../kit/route.ts';
import { fieldsOf } from '../kit/text.tsx';
import { logIn, redeem } from './session.ts';

/** By password, or by the link that one came with. */
export const LogIn = () => {
  const { path, query } = useRoute();
  const code = path[0] === 'login' ? query.get('code') : null;
  const byLink = useMutation({ mutationFn: redeem });
  const isAsked = useRef(false);
  const { mutate } = byLink;
  useEffect(() => {
    if (code === null || isAsked.current) return;
    isAsked.current = true;
    // Out of the address at once, and out of the history.
    goTo('#/', { replace: true });
    mutate(code);
  }, [code, mutate]);
  if (byLink.isPending) return <p role="status">Opening the console …</p>;
  return (
    <div className="stack">
      {byLink.isError && (
        <FailureNotice error={byLink.error}>
          <p>
            Links are good once: <code>switchyard open</code> makes another.
          </p>
        </FailureNotice>
      )}
      {!window.isSecureContext && (
        <Notice tone="warn">
          This page came over HTTP from another machine: browsers keep no session of it. Open it over HTTPS, or on the
          machine of the gateway.
        </Notice>
      )}
      <Providers />
      <PasswordForm />
      <p className="quiet small">
        No password? On the machine of the gateway, <code>switchyard open</code> prints a link that logs you in.
      </p>
    </div>
  );
};

/** Where one may sign in instead; the browser goes there and comes back logged in. */
const Providers = () => {
  const { data: providers = [] } = useQuery(providersQuery);
  return providers.map(({ id, display_name: name }) => (
    <a key={id} className="button" href={`${gatewayUrl}/auth/sso/login/${encodeURIComponent(id)}`}>
      Sign in with {name}
    </a>
  ));
};

const PasswordForm = () => {
  const emailId = useId();
  const passwordId = useId();
  const login = useMutation({
    mutationFn: ({ email, password }: { email: string; password: string }) => logIn(email, password),
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const { email = '', password = '' } = fieldsOf(event.currentTarget);
    login.mutate({ email, password });
  };
  return (
    <form className="stack" onSubmit={submit}>
      {login.isError && <FailureNotice error={login.error} />}
      <div className="field">
        <label htmlFor={emailId}>E-mail</label>
        <input id={emailId} name="email" type="email" className="input" autoComplete="username" required />
      </div>
      <div className="field">
        <label htmlFor={passwordId}>Password</label>
        <input
          id={passwordId}
          name="password"
          type="password"
          className="input"
          autoComplete="current-password"
          required
        />
      </div>
      <button type="submit" className="button primary" disabled={login.isPending}>
        {login.isPending ? 'Logging in …' : 'Log in'}
      </button>
    </form>
  );
};
