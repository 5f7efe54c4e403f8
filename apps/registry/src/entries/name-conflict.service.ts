import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import { type GatewayError, fail } from '#libs/errors';
import { maySee } from '#libs/identity';
import type { EntryEntity } from './entry.entity.js';
import { EntryRepository } from './entry.repository.js';
import type { GatewayEntity } from '../gateways/gateway.entity.js';
import { GatewayRepository } from '../gateways/gateway.repository.js';
import type { EntryKind } from './naming.js';

/** Something that is to go by an exposed name. */
export interface Claim {
  readonly kind: EntryKind;
  readonly originalName: string;
  readonly exposedName: string | null;
}

export interface Collision {
  readonly claim: Claim;
  readonly holder: EntryEntity;
  readonly holderGateway: GatewayEntity;
}

/** Two entries of one name cannot both be offered; which of them a client would get is never left to chance. */
@Injectable()
export class Collisions {
  constructor(
    private readonly entries: EntryRepository,
    private readonly gateways: GatewayRepository,
  ) {}

  /** Refuses with 409 a name, or a name that comes down to a slug, that another gateway has. */
  async refuseNamesake(
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

  /** With the entries of other gateways. */
  async find(claims: readonly Claim[], gatewayId: string | null, manager: EntityManager): Promise<Collision[]> {
    const held: { claim: Claim; holder: EntryEntity }[] = [];
    for (const kind of ['tool', 'prompt'] as const) {
      const byName = new Map<string, Claim>();
      for (const claim of claims) {
        if (claim.kind === kind && claim.exposedName !== null) byName.set(claim.exposedName, claim);
      }
      for (const holder of await this.entries.findByExposedNames(kind, [...byName.keys()], gatewayId, manager)) {
        const claim = byName.get(holder.exposedName ?? '');
        if (claim !== undefined) held.push({ claim, holder });
      }
    }
    const gateways = await this.gateways.findByIds([...new Set(held.map(({ holder }) => holder.gatewayId))], manager);
    const gatewayById = new Map(gateways.map((gateway) => [gateway.id, gateway]));
    return held.flatMap(({ claim, holder }) => {
      const holderGateway = gatewayById.get(holder.gatewayId);
      return holderGateway === undefined ? [] : [{ claim, holder, holderGateway }];
    });
  }

  /** Refuses with 409 and names both sides, but for what the caller may not know of. */
  async refuse(
    claims: readonly Claim[],
    gateway: { readonly id: string; readonly name: string },
    principal: Principal,
    manager: EntityManager,
  ): Promise<void> {
    const collisions = await this.find(claims, gateway.id, manager);
    if (collisions.length > 0) throw nameTaken(collisions, gateway.name, principal);
  }
}

const REPORTED_MAX = 20;

const nameTaken = (collisions: readonly Collision[], gatewayName: string, principal: Principal): GatewayError => {
  const reported = collisions.slice(0, REPORTED_MAX).map(({ claim, holder, holderGateway }) => {
    const known = maySee(principal, holderGateway);
    return {
      kind: claim.kind,
      name: claim.exposedName,
      gateway: gatewayName,
      originalName: claim.originalName,
      takenBy: known ? { gateway: holderGateway.name, originalName: holder.originalName, id: holder.id } : null,
    };
  });
  const [first] = reported;
  const other = first?.takenBy
    ? `"${first.takenBy.originalName}" of the gateway "${first.takenBy.gateway}"`
    : 'something you may not see';
  return fail('registry.name_taken', {
    message:
      `The ${first?.kind} "${first?.originalName}" of the gateway "${gatewayName}" would be called "${first?.name}", ` +
      `and so is ${other}; another toolPrefix tells them apart`,
    data: { collisions: reported },
  });
};
