import { createHash } from 'node:crypto';
import type { UpstreamProfile } from '#contracts/registry/resolve-upstream.request';

export type Connection = Omit<UpstreamProfile, 'version'>;

/** How an upstream is reached. The version is a digest, so equal profiles have equal versions in every replica. */
export const profileOf = (connection: Connection): UpstreamProfile => {
  const { id, name, slug, transport, url, command, args, timeoutMs, concurrencyMax } = connection;
  const profile = { id, name, slug, transport, url, command, args, timeoutMs, concurrencyMax };
  return { ...profile, version: createHash('sha256').update(JSON.stringify(profile)).digest('base64url').slice(0, 22) };
};

type Address = Pick<Connection, 'transport' | 'url' | 'command' | 'args'>;

/** Whether both are the same server, whatever it is called here. */
export const reachesSameUpstream = (one: Address, other: Address): boolean =>
  one.transport === other.transport &&
  one.url === other.url &&
  one.command === other.command &&
  JSON.stringify(one.args) === JSON.stringify(other.args);
