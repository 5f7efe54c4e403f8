import { queryOptions } from '@tanstack/react-query';
import { ApiFailure, type View, answerOf, api, gatewayUrl } from '../api/client.ts';

/** How many gateways may be asked for at once. */
const IDS_MAX = 100;

export type ConnectionState = 'ok' | 'needs_consent' | 'needs_reauth' | 'failed';

/** One upstream at which people consent, and how one's own consent stands. */
export interface Connection {
  readonly id: string;
  /** Null: one does not see it any more. */
  readonly name: string | null;
  readonly state: ConnectionState;
  readonly reason: string | null;
  readonly scopes: readonly string[];
  readonly consentedAt: string | null;
}

/** One's consents, with the upstreams that want one and have none. */
export const connectionsQuery = queryOptions({
  queryKey: ['connections'],
  queryFn: async ({ signal }): Promise<readonly Connection[]> => {
    const [kept, gateways] = await Promise.all([
      answerOf(api.GET('/v1/oauth/connections', { signal })),
      answerOf(api.GET('/v1/gateways', { params: { query: { includeInactive: true, limit: 0 } }, signal })),
    ]);
    const seen = gateways as View<'GatewayView'>[];
    const known = new Map(kept.map((connection) => [connection.gateway_id, connection]));
    const states = await statesOf(seen.map(({ id }) => id));
    const wanted = seen.flatMap(({ id, name }): Connection[] => {
      const status = states[id];
      if (status?.state === undefined) return [];
      const { scopes = status.scopes ?? [], consented_at: consentedAt = null } = known.get(id) ?? {};
      return [{ id, name, state: status.state, reason: status.reason ?? null, scopes, consentedAt }];
    });
    const others = kept
      .filter(({ gateway_id: id }) => !wanted.some((one) => one.id === id))
      .map(({ gateway_id: id, gateway_name: name, state, reason, scopes, consented_at: consentedAt }) => ({
        id,
        name,
        state,
        reason,
        scopes,
        consentedAt,
      }));
    return [...wanted, ...others];
  },
});

const statesOf = async (ids: readonly string[]): Promise<Readonly<Record<string, View<'OAuthStatusView'>>>> => {
  const parts = [];
  for (let at = 0; at < ids.length; at += IDS_MAX) parts.push(ids.slice(at, at + IDS_MAX));
  const answers = await Promise.all(
    parts.map((gatewayIds) => answerOf(api.GET('/v1/oauth/status', { params: { query: { gatewayIds } } }))),
  );
  return Object.assign({}, ...answers) as Readonly<Record<string, View<'OAuthStatusView'>>>;
};

/** Begins a consent in this browser. Answers where it is given; throws an `ApiFailure`. */
export const beginConsent = async (id: string): Promise<string> => {
  const headers = { Accept: 'application/json', 'X-Switchyard-UI': '1' };
  const response = await fetch(`${gatewayUrl}/oauth/authorize/${encodeURIComponent(id)}`, { headers }).catch(() => {
    throw new ApiFailure(0, 'console.offline', 'The gateway does not answer');
  });
  const answer = (await response.json().catch(() => ({}))) as Readonly<Record<string, unknown>>;
  if (response.ok && typeof answer['authorization_url'] === 'string') return answer['authorization_url'];
  throw new ApiFailure(
    response.status,
    typeof answer['code'] === 'string' ? answer['code'] : 'console.unexpected',
    typeof answer['detail'] === 'string' ? answer['detail'] : `The gateway answered with ${response.status}`,
    response.headers.get('x-correlation-id'),
  );
};
