import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiFailure, answerOf, api } from '../api/client.ts';
import { meQuery } from '../api/queries.ts';

const RENEWED_KEY = 'switchyard.renewed';
/** A session is good for hours; one that is used goes on. */
const RENEW_AFTER_MS = 3_600_000;

export const isSessionOver = (error: unknown): boolean => error instanceof ApiFailure && error.status === 401;

/** Whatever is refused for want of a session asks, once more, who is logged in: then the log-in stands over the page. */
export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, { queryKey }) => {
      if (queryKey[0] !== 'me') refused(error);
    },
  }),
  mutationCache: new MutationCache({ onError: (error) => refused(error) }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => failures < 1 && error instanceof ApiFailure && error.status >= 500,
    },
  },
});

/** A log-in that is refused ends nothing: nobody is logged in then. */
const refused = (error: unknown): void => {
  const isKnown = queryClient.getQueryData(meQuery.queryKey) !== undefined;
  if (isKnown && isSessionOver(error)) void queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
};

const entered = (): void => {
  localStorage.setItem(RENEWED_KEY, String(Date.now()));
  void queryClient.invalidateQueries();
};

export const logIn = async (email: string, password: string): Promise<void> => {
  await answerOf(api.POST('/v1/auth/console/login', { body: { email, password } }));
  entered();
};

/** By the code of a link, which is good once. */
export const redeem = async (code: string): Promise<void> => {
  await answerOf(api.POST('/v1/auth/console/redeem', { body: { code } }));
  entered();
};

export const logOut = async (): Promise<void> => {
  await answerOf(api.POST('/v1/auth/console/logout'));
  queryClient.clear();
  location.replace('#/');
  location.reload();
};

/** Lengthens the session, unless that was done a moment ago, here or in another tab. */
export const renewSession = async (): Promise<void> => {
  const beforeMs = Date.now() - Number(localStorage.getItem(RENEWED_KEY) ?? 0);
  if (beforeMs < RENEW_AFTER_MS) return;
  localStorage.setItem(RENEWED_KEY, String(Date.now()));
  await api.POST('/v1/auth/console/renew').catch(() => localStorage.removeItem(RENEWED_KEY));
};
