import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Principal } from '#libs/contracts';
import { fail } from '#libs/errors';
import { maySee } from '#libs/identity';
import { GatewayRepository } from '../storage/gateway.repository.js';

@Injectable()
export class GatewayNames {
  constructor(private readonly gateways: GatewayRepository) {}

  /** Refuses with 409 a name, or a name that comes down to a slug, that another gateway has. */
  async mustBeFree(
    asked: { readonly id: string; readonly name: string; readonly slug: string },
    principal: Principal,
    manager?: EntityManager,
  ): Promise<void> {
    const holder = await this.gateways.findNamesake(asked, manager);
    if (holder === null) return;
    const other = maySee(principal, holder) ? `the gateway "${holder.name}" (${holder.id})` : 'another gateway';
    throw fail('registry.name_taken', {
      message: `The name "${asked.name}" is taken: ${other} has it, or one that comes down to the same slug "${asked.slug}"`,
      data: { name: asked.name, slug: asked.slug },
    });
  }
}
