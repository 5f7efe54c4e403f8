import { createHash } from 'node:crypto';
import type { SessionScope } from '#contracts/registry/catalog';
import type { UpstreamProfile } from '#contracts/registry/resolve-upstream.request';

/** How an upstream is reached. */
export type Connection = Omit<UpstreamProfile, 'version'>;

/** The version is a digest, so equal profiles have equal versions in every replica. */
export const profileOf = (connection: Connection): UpstreamProfile => {
  const { id, name, slug, transport, url, addresses, command, args, cwd } = connection;
  const { timeoutMs, concurrencyMax, onlyEra, agent, sourceVersion } = connection;
  const profile = {
    id,
    name,
    slug,
    transport,
    url,
    command,
    args,
    timeoutMs,
    concurrencyMax,
    ...(addresses?.length && { addresses }),
    ...(cwd && { cwd }),
    ...(onlyEra && { onlyEra }),
    ...(agent && { agent }),
    ...(sourceVersion && { sourceVersion }),
  };
  return { ...profile, version: createHash('sha256').update(JSON.stringify(profile)).digest('base64url').slice(0, 22) };
};

type Address = Pick<Connection, 'transport' | 'url' | 'addresses' | 'command' | 'args' | 'cwd'>;

/** Whether the upstream is an HTTP API, which speaks no MCP. */
export const isApi = ({ transport }: Pick<Connection, 'transport'>): boolean =>
  transport === 'OPENAPI' || transport === 'REST';

/** Whether it is one thing, described by hand, with a gateway to itself. */
export const isByHand = ({ transport }: Pick<Connection, 'transport'>): boolean =>
  transport === 'REST' || transport === 'OWN';

/** Whether the upstream is a server that can be asked what it offers; the others are described here. */
export const speaksMcp = ({ transport }: Pick<Connection, 'transport'>): boolean =>
  transport === 'STREAMABLEHTTP' || transport === 'SSE' || transport === 'STDIO';

/** Whether both are the same upstream, whatever it is called here. */
export const reachesSameUpstream = (one: Address, other: Address): boolean =>
  one.transport === other.transport &&
  one.url === other.url &&
  JSON.stringify(placesOf(one)) === JSON.stringify(placesOf(other)) &&
  one.command === other.command &&
  (one.cwd ?? null) === (other.cwd ?? null) &&
  JSON.stringify(one.args) === JSON.stringify(other.args);

const placesOf = ({ addresses = [] }: Address): string[] => addresses.map(({ url }) => url);

interface SessionSettings {
  readonly transport: Connection['transport'];
  /** Null: as the transport has it. */
  readonly sessionScope: SessionScope | null;
}

/** A process is meant to serve one client, so what it remembers is at least not shown to other people. */
export const sessionScopeOf = ({ sessionScope, transport }: SessionSettings): SessionScope =>
  sessionScope ?? (transport === 'STDIO' ? 'principal' : 'shared');
