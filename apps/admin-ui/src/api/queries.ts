import { queryOptions } from '@tanstack/react-query';
import { ApiFailure, type View, answerOf, api } from './client.ts';
import { isLive } from './live/live.ts';

/** How often what is in sight is asked for anew where no stream tells of it. A hidden page asks for nothing. */
const FRESH_MS = 10_000;
/** How many calls are looked at for figures: the most that one answer holds. */
export const CALLS_MAX = 1_000;

const unlessLive = (): number | false => (isLive() ? false : FRESH_MS);

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => answerOf(api.GET('/v1/auth/email/me', { signal })),
  retry: false,
  staleTime: 60_000,
});

/** Where people may sign in instead of here. */
export const providersQuery = queryOptions({
  queryKey: ['providers'],
  queryFn: ({ signal }) => answerOf(api.GET('/v1/auth/sso/providers', { signal })),
  retry: false,
  staleTime: 60_000,
});

export const gatewaysQuery = queryOptions({
  queryKey: ['gateways'],
  queryFn: async ({ signal }) =>
    (await answerOf(
      api.GET('/v1/gateways', { params: { query: { includeInactive: true, limit: 0 } }, signal }),
    )) as View<'GatewayView'>[],
  refetchInterval: unlessLive,
});

/** Who has an account; of those who may not see that, nobody. */
export const usersQuery = queryOptions({
  queryKey: ['users'],
  queryFn: async ({ signal }) => {
    try {
      const params = { query: { limit: 500 } };
      const found = await answerOf(api.GET('/v1/auth/email/admin/users', { params, signal }));
      return Array.isArray(found) ? found : found.users;
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 403) return null;
      throw error;
    }
  },
});

export const toolsQuery = queryOptions({
  queryKey: ['tools'],
  queryFn: async ({ signal }) =>
    (await answerOf(
      api.GET('/v1/tools', { params: { query: { includeInactive: true, limit: 0 } }, signal }),
    )) as View<'ToolView'>[],
  staleTime: 30_000,
});

export const serversQuery = queryOptions({
  queryKey: ['servers'],
  queryFn: async ({ signal }) =>
    (await answerOf(
      api.GET('/v1/servers', { params: { query: { includeInactive: true, limit: 0 } }, signal }),
    )) as View<'ServerView'>[],
});

/** Calls of the last hour, the newest first. */
export const recentCallsQuery = queryOptions({
  queryKey: ['calls', 'hour'],
  queryFn: ({ signal }) =>
    answerOf(
      api.GET('/v1/calls', {
        params: { query: { since: new Date(Date.now() - 3_600_000).toISOString(), limit: CALLS_MAX } },
        signal,
      }),
    ),
  refetchInterval: unlessLive,
});

/** Changes of tools that wait for somebody; `pending` counts all of them. */
export const waitingChangesQuery = queryOptions({
  queryKey: ['changes', 'waiting'],
  queryFn: ({ signal }) =>
    answerOf(api.GET('/v1/changes', { params: { query: { state: ['pending'], limit: 1 } }, signal })),
  refetchInterval: unlessLive,
});

export type CallFilter = NonNullable<Parameters<typeof callsQuery>[0]>;

export const callsQuery = (filter: {
  readonly name?: string;
  readonly upstream?: string;
  readonly traceId?: string;
  readonly outcome?: string;
  readonly limit?: number;
}) =>
  queryOptions({
    queryKey: ['calls', filter],
    queryFn: ({ signal }) => answerOf(api.GET('/v1/calls', { params: { query: { ...filter } }, signal })),
  });
