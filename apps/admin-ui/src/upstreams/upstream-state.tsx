import type { View } from '../api/client.ts';
import { State, type Tone } from '../kit/state.tsx';

export type Upstream = View<'GatewayView'>;

export interface UpstreamState {
  readonly tone: Tone;
  readonly word: string;
  /** Why, where there is something to say. */
  readonly reason: string | null;
}

/** What is wanted and what is, in one word. */
export const stateOf = ({
  enabled,
  reachable,
  lastError,
  unreachableReason,
  refused,
  findings,
}: Upstream): UpstreamState => {
  if (!enabled && lastError) return { tone: 'bad', word: 'Never reached', reason: lastError };
  if (!enabled) return { tone: 'off', word: 'Switched off', reason: null };
  if (!reachable) return { tone: 'bad', word: 'Unreachable', reason: unreachableReason ?? null };
  const notes = refused.length + findings.length;
  if (notes > 0)
    return { tone: 'warn', word: 'Up, with notes', reason: findings[0]?.finding ?? refused[0]?.reason ?? null };
  return { tone: 'ok', word: 'Up', reason: null };
};

export const UpstreamStateMark = ({ upstream }: { readonly upstream: Upstream }) => {
  const { tone, word } = stateOf(upstream);
  return <State tone={tone}>{word}</State>;
};

const TRANSPORTS: Readonly<Record<Upstream['transport'], string>> = {
  STREAMABLEHTTP: 'HTTP',
  SSE: 'HTTP+SSE',
  STDIO: 'Program',
  OPENAPI: 'HTTP API',
  REST: 'HTTP routes',
  GRPC: 'gRPC',
  A2A: 'A2A agent',
  OWN: 'Kept here',
};

export const transportOf = ({ transport }: Upstream): string => TRANSPORTS[transport];

/** Where it is, or how it is started. */
export const placeOf = ({ url, command, args = [] }: Upstream): string =>
  url ?? [command ?? '', ...args].join(' ').trim();

export const eraOf = ({ eras }: Upstream): string => {
  if (eras.length > 1) return 'both eras';
  return eras.length === 1 ? `${eras[0]} only` : '–';
};
