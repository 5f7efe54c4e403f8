import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import { type GatewayError, fail } from '#libs/errors';
import { canView } from '#libs/identity';
import type { EntryKind } from '../../storage/entry-kind.js';
import type { EntryWithGateway } from '../entry.entity.js';
import { EntryRepository } from '../entry.repository.js';

/** An entry that is to go by an exposed name. */
export interface NameClaim {
  readonly kind: EntryKind;
  readonly originalName: string;
  readonly exposedName: string | null;
}

/** A claim on a name that an entry of another gateway has. */
export interface NameConflict {
  readonly claim: NameClaim;
  readonly holder: EntryWithGateway;
}

/** Two entries of one name cannot both be offered; which of them a client would get is never left to chance. */
@Injectable()
export class NameConflictService {
  constructor(private readonly entries: EntryRepository) {}

  /** The claims of a gateway whose name an entry of another gateway has. */
  async find(claims: readonly NameClaim[], gatewayId: string, manager?: EntityManager): Promise<NameConflict[]> {
    const conflicts: NameConflict[] = [];
    for (const kind of ['tool', 'prompt'] as const) {
      const byName = new Map<string, NameClaim>();
      for (const claim of claims) {
        if (claim.kind === kind && claim.exposedName !== null) byName.set(claim.exposedName, claim);
      }
      for (const holder of await this.entries.findByExposedNames(kind, [...byName.keys()], gatewayId, manager)) {
        const claim = byName.get(holder.exposedName ?? '');
        if (claim !== undefined) conflicts.push({ claim, holder });
      }
    }
    return conflicts;
  }

  /** Throws `registry.name_taken`, which names both sides, but for what the caller may not see. */
  async assertNamesFree(
    claims: readonly NameClaim[],
    gateway: { readonly id: string; readonly name: string },
    principal: Principal,
    manager: EntityManager,
  ): Promise<void> {
    const conflicts = await this.find(claims, gateway.id, manager);
    if (conflicts.length > 0) throw nameTaken(conflicts, gateway.name, principal);
  }
}

const REPORTED_MAX = 20;

const nameTaken = (conflicts: readonly NameConflict[], gatewayName: string, principal: Principal): GatewayError => {
  const reported = conflicts.slice(0, REPORTED_MAX).map(({ claim, holder }) => {
    const known = canView(principal, holder.gateway);
    return {
      kind: claim.kind,
      name: claim.exposedName,
      gateway: gatewayName,
      originalName: claim.originalName,
      takenBy: known ? { gateway: holder.gateway.name, originalName: holder.originalName, id: holder.id } : null,
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
