import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { PendingEvents } from '#libs/storage';
import type { EntryEntity } from '../entry.entity.js';
import type { HeldChange, OfferedEntry } from '../difference.js';
import { type RegistrySettings, SETTINGS } from '../../registry.settings.js';
import { newObjectId } from '../../storage/stored.entity.js';
import { type ChangePolicy, isHeld } from './change-policy.js';
import { type ChangeClass, type Classified, classify } from './classify.js';
import { type ChangeState, type ToolChangeEntity, servedAfter } from './tool-change.entity.js';
import { GONE_PER_GATEWAY, ToolChangeRepository } from './tool-change.repository.js';
import { type ToolVersion, isSameVersion, offeredBy, versionOf } from './version.js';

/** The tools of a gateway as they were and as its upstream offers them now. */
export interface OfferedTools {
  readonly gateway: { readonly id: string; readonly name: string };
  readonly policy: ChangePolicy;
  readonly known: readonly EntryEntity[];
  readonly offered: readonly OfferedEntry[];
  /** Not all of the list could be read: what is missing may still be there. */
  readonly isIncomplete: boolean;
  /** Those whose texts held what nobody sees but a model reads; it was left out. */
  readonly hiddenTexts: ReadonlySet<string>;
}

/** What is served of them. */
export interface ServedTools {
  readonly served: readonly OfferedEntry[];
  /** So many are not served as they are offered, or not at all. */
  readonly held: number;
}

/** Keeps what upstreams change of their tools, and holds back what is not to be served yet. */
@Injectable()
export class ToolLedgerService {
  constructor(
    private readonly changes: ToolChangeRepository,
    private readonly events: PendingEvents,
    @Inject(SETTINGS) private readonly settings: RegistrySettings,
  ) {}

  /**
   * Within a change of the catalog: notes what has changed, and answers what is to be served, each tool as it was approved last.
   */
  async settle(tools: OfferedTools, manager: EntityManager): Promise<ServedTools> {
    const { served, settling } = await this.judge(tools, manager);
    await this.keep(tools, settling, manager);
    return { served, held: settling.held };
  }

  /** What would be served of them; null where `settle` would note something. */
  async preview(tools: OfferedTools): Promise<readonly OfferedEntry[] | null> {
    const { served, settling } = await this.judge(tools);
    const { found, superseded, accepted } = settling;
    return found.length + superseded.length + accepted.length > 0 ? null : served;
  }

  private async judge(
    tools: OfferedTools,
    manager?: EntityManager,
  ): Promise<{ readonly served: readonly OfferedEntry[]; readonly settling: Settling }> {
    const { gateway, known, offered } = tools;
    const open = await this.changes.findOpen(gateway.id, manager);
    const before = new Map(known.map((entry) => [entry.originalName, entry]));
    const strange = offered.filter(({ originalName }) => !before.has(originalName));
    const history = await this.changes.findNewest(
      gateway.id,
      strange.map(({ originalName }) => originalName),
      manager,
    );
    const hasNew = strange.some(({ originalName }) => {
      const newest = history.get(originalName);
      return newest === undefined || servedAfter(newest) === null;
    });
    const isFull = tools.policy !== 'accept' && hasNew && (await this.changes.isFullOfGone(gateway.id, manager));
    const settling = new Settling(tools, open, history, isFull);
    const served = offered.flatMap((entry) => settling.serve(entry, before.get(entry.originalName)));
    if (!tools.isIncomplete) settling.noteMissing();
    return { served, settling };
  }

  /** Notes that somebody took a tool away: what its upstream offers by that name later is compared to it. */
  async noteRemoved(entry: EntryEntity, manager: EntityManager): Promise<void> {
    const { gatewayId, originalName } = entry;
    const before = versionOf(entry);
    const classified = classify(originalName, before, null);
    const change = { gatewayId, originalName, before, after: null, ...classified, state: 'accepted' } as const;
    await this.changes.insert([newChange(change)], manager);
  }

  private async keep({ gateway, policy }: OfferedTools, settling: Settling, manager: EntityManager): Promise<void> {
    const { found, superseded, accepted } = settling;
    await this.changes.setState(superseded, 'superseded', manager);
    await this.changes.setState(accepted, 'accepted', manager);
    if (found.length === 0) return;
    await this.changes.insert(found, manager);
    await this.changes.prune(gateway.id, this.settings.toolHistory, policy !== 'accept', manager);
    for (const change of found.filter(({ state }) => state === 'pending')) {
      await this.events.note(
        {
          action: 'tool_change.held',
          resourceType: 'tool_change',
          resourceId: change.id,
          resourceName: change.originalName,
          after: { gatewayId: gateway.id, gateway: gateway.name, class: change.class, findings: change.findings },
        },
        manager,
      );
    }
  }
}

/** One pass over what an upstream offers. */
class Settling {
  readonly found: Omit<ToolChangeEntity, 'ordinal'>[] = [];
  readonly superseded: string[] = [];
  /** They waited, and the policy lets them through by now. */
  readonly accepted: string[] = [];
  held = 0;
  private readonly openOf = new Map<string, ToolChangeEntity[]>();

  constructor(
    private readonly tools: OfferedTools,
    open: readonly ToolChangeEntity[],
    private readonly history: ReadonlyMap<string, ToolChangeEntity>,
    /** So many of its tools are gone that new ones wait. */
    private readonly isFull: boolean,
  ) {
    for (const change of open)
      this.openOf.set(change.originalName, [...(this.openOf.get(change.originalName) ?? []), change]);
  }

  /** What is served of a tool that is offered: none or one. */
  serve(entry: OfferedEntry, known: EntryEntity | undefined): readonly OfferedEntry[] {
    const { originalName } = entry;
    const newest = this.history.get(originalName);
    const served = known === undefined ? (newest ? servedAfter(newest) : null) : versionOf(known);
    const now = versionOf(entry);
    const open = this.openOf.get(originalName) ?? [];
    const waiting = open.filter(({ state }) => state === 'pending');
    if (served !== null && isSameVersion(served, now)) {
      this.supersede(waiting);
      if (known === undefined && newest?.class === 'removed') this.note(originalName, null, now, AGAIN, 'accepted');
      return [entry];
    }
    const same = open.findLast(({ after }) => after !== null && isSameVersion(after, now));
    this.supersede(waiting.filter((change) => change !== same));
    if (same?.state === 'pending' && !this.holds(same.class)) {
      this.accepted.push(same.id);
      return [entry];
    }
    if (same !== undefined) return this.asServed(entry, served, same.state);
    const classified = classify(originalName, served, now, this.tools.hiddenTexts.has(originalName));
    const blocked = open.findLast(({ state }) => state === 'blocked');
    if (blocked !== undefined) {
      this.supersede([blocked]);
      this.note(originalName, served, now, classified, 'blocked', blocked);
      return this.asServed(entry, served, 'blocked');
    }
    const state = this.holds(classified.class) ? 'pending' : 'accepted';
    this.note(originalName, served, now, this.isFull && served === null ? withReason(classified) : classified, state);
    return state === 'accepted' ? [entry] : this.asServed(entry, served, state);
  }

  private holds(changeClass: ChangeClass): boolean {
    return isHeld(this.tools.policy, changeClass) || (this.isFull && changeClass === 'added');
  }

  /** What is offered no longer, and what waited of it. */
  noteMissing(): void {
    const offered = new Set(this.tools.offered.map(({ originalName }) => originalName));
    for (const entry of this.tools.known) {
      if (offered.has(entry.originalName)) continue;
      this.note(
        entry.originalName,
        versionOf(entry),
        null,
        classify(entry.originalName, versionOf(entry), null),
        'accepted',
      );
    }
    for (const [name, open] of this.openOf)
      if (!offered.has(name)) this.supersede(open.filter(({ state }) => state === 'pending'));
  }

  private asServed(entry: OfferedEntry, served: ToolVersion | null, state: ChangeState): readonly OfferedEntry[] {
    this.held++;
    if (served === null) return [];
    const { tags, startsDisabled } = entry;
    const heldChange = heldChangeOf(state);
    return [
      {
        ...offeredBy(served, entry.originalName),
        ...(tags !== undefined && { tags }),
        ...(startsDisabled !== undefined && { startsDisabled }),
        ...(heldChange !== null && { heldChange }),
      },
    ];
  }

  private supersede(changes: readonly ToolChangeEntity[]): void {
    this.superseded.push(...changes.map(({ id }) => id));
  }

  private note(
    originalName: string,
    before: ToolVersion | null,
    after: ToolVersion | null,
    classified: Classified,
    state: ChangeState,
    decision: Decided = UNDECIDED,
  ): void {
    const gatewayId = this.tools.gateway.id;
    this.found.push(newChange({ gatewayId, originalName, ...classified, state, before, after }, decision));
  }
}

type Decided = Pick<ToolChangeEntity, 'decidedAt' | 'decidedBy' | 'note' | 'wasEnabled'>;
type Found = Pick<ToolChangeEntity, 'gatewayId' | 'originalName' | 'class' | 'findings' | 'state' | 'before' | 'after'>;

const UNDECIDED: Decided = { decidedAt: null, decidedBy: null, note: null, wasEnabled: null };

const newChange = (found: Found, decision = UNDECIDED): Omit<ToolChangeEntity, 'ordinal'> => {
  const { decidedAt, decidedBy, note, wasEnabled } = decision;
  return { id: newObjectId(), ...found, foundAt: new Date(), decidedAt, decidedBy, note, wasEnabled };
};

const withReason = ({ class: found, findings }: Classified): Classified => ({
  class: found,
  findings: [...findings, { class: 'added', finding: `${GONE_PER_GATEWAY} tools or more of its upstream are gone` }],
});
const AGAIN: Classified = {
  class: 'added',
  findings: [{ class: 'added', finding: 'it is offered again, as it was before' }],
};

/** What callers of the tool are told where a call fails. */
export const heldChangeOf = (state: ChangeState): HeldChange | null =>
  state === 'pending' || state === 'kept' ? state : null;
