import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { PendingEvents } from '#libs/storage';
import type { CatalogChange } from '../changes/catalog-change.js';
import { CatalogChangesService } from '../changes/catalog-changes.service.js';
import type { EntryEntity } from '../entries/entry.entity.js';
import { EntryRepository } from '../entries/entry.repository.js';
import { GatewayEntriesService } from '../entries/gateway-entries.service.js';
import type { GatewayEntity } from '../gateways/gateway.entity.js';
import { GatewayRepository } from '../gateways/gateway.repository.js';
import type { ChangeState, ToolChangeEntity } from '../entries/ledger/tool-change.entity.js';
import { ToolChangeRepository, type ToolChangeWithGateway } from '../entries/ledger/tool-change.repository.js';
import { heldChangeOf } from '../entries/ledger/tool-ledger.service.js';
import { type ToolVersion, offeredBy } from '../entries/ledger/version.js';
import { assertCanView } from '../rest/ownership.js';
import { isObjectId } from '../storage/stored.entity.js';

/** What somebody may say to a change. */
export const DECISIONS = ['approve', 'keep', 'block'] as const;
/** One of `DECISIONS`. `approve`: it is served; `keep`: the old version goes on; `block`: the tool is off until somebody decides otherwise. */
export type Decision = (typeof DECISIONS)[number];

const STATE_OF = { approve: 'approved', keep: 'kept', block: 'blocked' } as const satisfies Record<
  Decision,
  ChangeState
>;
/** What may be decided otherwise: whatever is not served. */
const DECIDABLE: ReadonlySet<ChangeState> = new Set(['pending', 'kept', 'blocked']);

/** A change, within the change of the catalog that decides it. */
interface Deciding {
  readonly found: ToolChangeWithGateway;
  /** Null: there is no such tool here. */
  readonly entry: EntryEntity | null;
  readonly principal: Principal;
  readonly manager: EntityManager;
  readonly change: CatalogChange;
}

/** Decides what becomes of changes of tools. What a caller does not see is not there: `registry.unknown`. */
@Injectable()
export class ApprovalService {
  constructor(
    private readonly ledger: ToolChangeRepository,
    private readonly entries: EntryRepository,
    private readonly gatewayEntries: GatewayEntriesService,
    private readonly gateways: GatewayRepository,
    private readonly changes: CatalogChangesService,
    private readonly events: PendingEvents,
  ) {}

  /**
   * Throws `http.conflict` for a change that is served already or that the upstream has overtaken, and `registry.name_taken`
   * where a new tool would have the name of another.
   */
  async decide(
    id: string,
    decision: Decision,
    note: string | null,
    principal: Principal,
  ): Promise<ToolChangeWithGateway> {
    return this.changes.make(async (manager, change) => {
      const found = await this.find(id, principal, manager);
      if (!DECIDABLE.has(found.state))
        throw fail('http.conflict', { message: `The change is ${found.state}; there is nothing to decide` });
      const entry = await this.entries.findTool(found.gatewayId, found.originalName, manager);
      const deciding = { found, entry, principal, manager, change };
      if (entry !== null) await change.touchEntry(entry);
      const wasEnabled = await this.carryOut(decision, deciding);
      const decided = { state: STATE_OF[decision], decidedAt: new Date(), decidedBy: principal.id, note, wasEnabled };
      await this.ledger.decide(id, decided, manager);
      await this.tell(found, decided, manager);
      return Object.assign(found, decided);
    });
  }

  /** Throws `registry.unknown`. */
  async find(id: string, principal: Principal, manager?: EntityManager): Promise<ToolChangeWithGateway> {
    const found = isObjectId(id) ? await this.ledger.findById(id, manager) : null;
    assertCanView(principal, found?.gateway ?? null);
    if (found === null) throw fail('registry.unknown');
    return found;
  }

  /** Answers what `wasEnabled` is to be. */
  private async carryOut(decision: Decision, deciding: Deciding): Promise<boolean | null> {
    const { found, entry, manager } = deciding;
    const updatedAt = new Date();
    const wasEnabled = await this.switch(decision, found, updatedAt, manager);
    if (decision === 'approve') await this.serve(deciding);
    if (entry !== null)
      await this.entries.update(entry.id, { heldChange: heldChangeOf(STATE_OF[decision]), updatedAt }, manager);
    return wasEnabled;
  }

  /** A tool that is blocked is off, and as it was once it is blocked no more, also where it is not offered just now. */
  private async switch(
    decision: Decision,
    { gatewayId, originalName, state, wasEnabled }: ToolChangeEntity,
    updatedAt: Date,
    manager: EntityManager,
  ): Promise<boolean | null> {
    const key = { gatewayId, kind: 'tool', originalName } as const;
    if (decision !== 'block') {
      if (state === 'blocked' && wasEnabled !== false) await this.entries.switch(key, true, updatedAt, manager);
      return null;
    }
    if (state === 'blocked') return wasEnabled;
    const isOn = !(await this.entries.isSwitchedOff(key, manager));
    await this.entries.switch(key, false, updatedAt, manager);
    return isOn;
  }

  /** From now on the tool is what its upstream offers. */
  private async serve({ found, entry, principal, manager, change }: Deciding): Promise<void> {
    const { after, before, originalName, gatewayId } = found;
    if (after === null) return;
    const gateway = await this.gateways.read(gatewayId, manager);
    if (entry !== null) {
      await this.entries.update(entry.id, { ...after, headerParams: [...after.headerParams] }, manager);
      await this.callOtherwise(gateway, before, found, { manager, change });
      return;
    }
    // One that was there before comes back with the next refresh that finds it.
    if (before !== null) return;
    const startsDisabled = await this.entries.isSwitchedOff({ gatewayId, kind: 'tool', originalName }, manager);
    const offered = { ...offeredBy(after, originalName), startsDisabled };
    await this.gatewayEntries.insert(gateway, [offered], principal, manager);
    change.touchKinds(['tool']);
    change.upstreamIds.add(gatewayId);
    await this.callOtherwise(gateway, null, found, { manager, change });
  }

  /** Whoever keeps how a tool of an API is called reads it anew. */
  private async callOtherwise(
    gateway: GatewayEntity,
    before: ToolVersion | null,
    { id, after }: ToolChangeEntity,
    { manager, change }: Pick<Deciding, 'manager' | 'change'>,
  ): Promise<void> {
    if ((before?.source ?? null) === (after?.source ?? null)) return;
    const sourceVersion = createHash('sha256')
      .update(`${gateway.sourceVersion} ${id}`)
      .digest('base64url')
      .slice(0, 22);
    await this.gateways.update(gateway.id, { sourceVersion }, manager);
    change.upstreams.set(gateway.id, 'updated');
    change.upstreamIds.add(gateway.id);
  }

  private tell(
    found: ToolChangeWithGateway,
    { state, note }: Pick<ToolChangeEntity, 'state' | 'note'>,
    manager: EntityManager,
  ): Promise<void> {
    const { id, originalName, gateway, findings } = found;
    return this.events.note(
      {
        action: `tool_change.${state}`,
        resourceType: 'tool_change',
        resourceId: id,
        resourceName: originalName,
        before: { state: found.state },
        after: {
          state,
          gatewayId: gateway.id,
          gateway: gateway.name,
          class: found.class,
          findings,
          ...(note !== null && { note }),
        },
      },
      manager,
    );
  }
}
