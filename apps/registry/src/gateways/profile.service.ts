import { Injectable } from '@nestjs/common';
import type { UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import { fail } from '#libs/errors';
import { GatewayRepository } from './gateway.repository.js';
import { isObjectId } from '../storage/object-id.js';
import { profileOf } from './profile.js';

@Injectable()
export class ProfileService {
  constructor(private readonly gateways: GatewayRepository) {}

  /** A disabled gateway is not reached at all. */
  async resolve(upstreamId: string): Promise<UpstreamProfile> {
    const gateway = isObjectId(upstreamId) ? await this.gateways.findById(upstreamId) : null;
    if (gateway === null || !gateway.enabled) throw fail('upstream.unknown');
    return profileOf(gateway);
  }
}
