import { Injectable } from '@nestjs/common';
import type { ReplyOf, RequestOf } from '#contracts/define';
import type { AddressStanding, CheckUpstream } from '#contracts/tool-invocation/health/check-upstream.request';
import { fail, GatewayError, toGatewayError } from '#libs/errors';
import type { CheckedAddresses } from '../conversation/address-checks.js';
import type { Peer } from '../conversation/peer.js';
import { withReason } from '../transport/reason.js';
import { type Access, speaksMcp } from '../transport/channel.js';
import type { Upstream } from '../upstreams/upstream.js';
import { UpstreamDirectory } from '../upstreams/upstream-directory.js';

/** Asks upstreams whether they are there. */
@Injectable()
export class CheckService {
  constructor(private readonly directory: UpstreamDirectory) {}

  /** Rejects with why it is not there, in words for whoever runs it. One that answers is called again at once. */
  async check({ upstreamId, timeoutMs }: RequestOf<typeof CheckUpstream>): Promise<ReplyOf<typeof CheckUpstream>> {
    const upstream = await this.directory.upstream(upstreamId);
    const { credentials } = this.directory;
    const { addresses: checks } = upstream.dialer;
    if (checks !== undefined && !speaksMcp(upstream.kind)) return this.look(upstream, checks, timeoutMs);
    const checking = checks && credentials.accessOrNone(upstreamId).then((access) => checks.all(access, timeoutMs));
    let timer: NodeJS.Timeout | undefined;
    try {
      const access = await credentials.access(upstreamId, '');
      const late = new Promise<never>((_, reject) => {
        const message = `The upstream did not answer within ${timeoutMs} ms whether it is there`;
        timer = setTimeout(() => reject(fail('upstream.timed_out', { message, executed: 'no' })), timeoutMs);
      });
      await Promise.race([ask(upstream, access, timeoutMs), late]);
    } catch (error) {
      throw withAddresses(withReason(toGatewayError(error)), await checking);
    } finally {
      clearTimeout(timer);
    }
    upstream.health.succeeded();
    const addresses = await checking;
    return { answered: true, ...(addresses && { addresses }) };
  }

  /** What speaks no MCP is there where one of its addresses is. */
  private async look(
    upstream: Upstream,
    checks: CheckedAddresses,
    timeoutMs: number,
  ): Promise<ReplyOf<typeof CheckUpstream>> {
    const access = await this.directory.credentials.accessOrNone(upstream.profile.id);
    const addresses = await checks.all(access, timeoutMs);
    const [first] = addresses;
    if (addresses.every(({ reason }) => reason !== null))
      throw withAddresses(fail('upstream.unreachable', { message: first?.reason ?? '', executed: 'no' }), addresses);
    upstream.health.succeeded();
    return { answered: true, addresses };
  }
}

/** So that it is known of each address why it is not there. */
const withAddresses = (error: GatewayError, addresses: readonly AddressStanding[] | undefined): GatewayError => {
  if (addresses === undefined) return error;
  const { code, message, executed, cause } = error;
  return new GatewayError(code, { message, data: { ...error.data, addresses }, ...(executed && { executed }), cause });
};

const ask = async (upstream: Upstream, access: Access, timeoutMs: number): Promise<void> => {
  const peer = await upstream.overview(access);
  try {
    await greet(peer, timeoutMs);
  } catch (error) {
    // A session that is lost says nothing of whether there is another to be had.
    if (!peer.closed) throw error;
    await greet(await upstream.overview(access), timeoutMs);
  }
};

/** Any answer will do, an error of MCP too. */
const greet = async (peer: Peer, timeoutMs: number): Promise<void> => {
  await peer.request(peer.identity.era === 'modern' ? 'server/discover' : 'ping', {}, timeoutMs);
};
