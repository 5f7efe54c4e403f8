import { queryOptions } from '@tanstack/react-query';
import { type View, answerOf, api } from './client.ts';

/** How often what is in sight is asked for anew. A hidden page asks for nothing. */
const FRESH_MS = 10_000;
/** How many calls are looked at for figures: the most that one answer holds. */
export const CALLS_MAX = 1_000;

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
  refetchInterval: FRESH_MS,
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
  refetchInterval: FRESH_MS,
});

/** Changes of tools that wait for somebody; `pending` counts all of them. */
export const waitingChangesQuery = queryOptions({
  queryKey: ['changes', 'waiting'],
  queryFn: ({ signal }) =>
    answerOf(api.GET('/v1/changes', { params: { query: { state: ['pending'], limit: 1 } }, signal })),
  refetchInterval: FRESH_MS,
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
