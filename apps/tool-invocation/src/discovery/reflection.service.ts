import { Inject, Injectable } from '@nestjs/common';
import type { ReplyOf, RequestOf } from '#contracts/define';
import { ReflectGrpc } from '#contracts/tool-invocation/reflect-grpc.request';
import { WithBody } from '#libs/bus';
import { fail, toGatewayError } from '#libs/errors';
import { SETTINGS, type Settings } from '../tool-invocation.settings.js';
import { isOfAddress } from '../transport/addresses/address-failure.js';
import { EgressPolicy } from '../transport/egress/egress-policy.js';
import { withReason } from '../transport/reason.js';
import { placesOf } from '../upstreams/addresses/several-addresses.js';
import { UpstreamDirectory } from '../upstreams/upstream-directory.js';

/** Before whoever asks gives up, so that they hear why. */
const REFLECTION_MS = ReflectGrpc.deadlineMs - 2_000;

/** Asks gRPC servers what they have. What speaks gRPC is loaded when the first is asked. */
@Injectable()
export class ReflectionService {
  private readonly egress: EgressPolicy;

  constructor(
    private readonly directory: UpstreamDirectory,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {
    this.egress = new EgressPolicy(settings.egress);
  }

  /** At the first of its addresses where there is something. Rejects with the reason, in words for whoever runs the server. */
  async reflect({
    profile,
    services,
    credential,
  }: RequestOf<typeof ReflectGrpc>): Promise<WithBody<ReplyOf<typeof ReflectGrpc>>> {
    const { GrpcSender } = await import('../transport/grpc/sender.js');
    const { Reflection } = await import('./grpc-reflection.js');
    const access = await this.directory.credentials.accessWith(credential, profile.id);
    const deadlineAtMs = performance.now() + REFLECTION_MS;
    let failure = fail('upstream.unreachable', { executed: 'no' });
    for (const { url } of placesOf(profile)) {
      const sender = new GrpcSender(url, this.settings, this.egress, access.tls);
      try {
        const found = await new Reflection(sender, access, deadlineAtMs).describe(services);
        return new WithBody({ services: found.services }, found.descriptorSet.toString('base64'));
      } catch (error) {
        failure = withReason(toGatewayError(error));
        if (!isOfAddress(failure)) break;
      } finally {
        await sender.close();
      }
    }
    throw failure;
  }
}
