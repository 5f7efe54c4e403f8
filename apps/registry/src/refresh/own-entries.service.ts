import { Inject, Injectable } from '@nestjs/common';
import type { ReplyOf, RequestOf } from '#contracts/define';
import type { ShowEntries } from '#contracts/registry/show-entries.request';
import { keyOf } from '../entries/difference.js';
import type { EntryEntity } from '../entries/entry.entity.js';
import { exposedDefinition } from '../entries/exposed-definition.js';
import { exposedNameOf, namingOf, problemWithName } from '../entries/names/naming.js';
import { GatewayEntriesService } from '../entries/gateway-entries.service.js';
import { problemWithDefinition } from '../gateways/discovery-result.js';
import type { GatewayEntity } from '../gateways/gateway.entity.js';
import { GatewayService } from '../gateways/gateway.service.js';
import { changePolicyOf, isHeld } from '../entries/ledger/change-policy.js';
import { classify } from '../entries/ledger/classify.js';
import { servedAfter } from '../entries/ledger/tool-change.entity.js';
import { ToolChangeRepository } from '../entries/ledger/tool-change.repository.js';
import { versionOf } from '../entries/ledger/version.js';
import { type RegistrySettings, SETTINGS } from '../registry.settings.js';
import { LIST_OF, type EntryKind } from '../storage/entry-kind.js';

type Reply = ReplyOf<typeof ShowEntries>;
type Entry = RequestOf<typeof ShowEntries>['entries'][number];

const KIND_OF = new Map(Object.entries(LIST_OF).map(([kind, list]) => [list, kind as EntryKind]));

/** Entries that an upstream lists to some of its callers alone: they are never stored, but shown as if they were. */
@Injectable()
export class OwnEntriesService {
  /** Gateways that are known to have such entries. */
  private readonly noted = new Set<string>();

  constructor(
    private readonly gateways: GatewayService,
    private readonly entries: GatewayEntriesService,
    private readonly ledger: ToolChangeRepository,
    @Inject(SETTINGS) private readonly settings: RegistrySettings,
  ) {}

  /** Throws `upstream.unknown`. */
  async show(upstreamId: string, entries: readonly Entry[]): Promise<Reply> {
    const gateway = await this.gateways.findEnabled(upstreamId);
    const naming = namingOf(gateway);
    const stored = new Map((await this.entries.findOf(upstreamId)).map((entry) => [keyOf(entry), entry]));
    const switchedOff = await this.entries.findSwitchedOff(upstreamId);
    const isStrange = ({ list, name }: Entry): boolean =>
      list === 'tools' && !stored.has(keyOf({ kind: 'tool', originalName: name }));
    const holding = await this.holdingOf(
      gateway,
      entries.filter(isStrange).map(({ name }) => name),
    );
    const shown = entries.map(({ list, name, definition: listed }) => {
      const kind = KIND_OF.get(list) as EntryKind;
      const key = keyOf({ kind, originalName: name });
      const known = stored.get(key);
      if (switchedOff.has(key) || known?.enabled === false || problemWithDefinition(listed) !== null) return null;
      const definition = kind === 'tool' ? holding(name, listed, known) : listed;
      if (definition === null) return null;
      if (known !== undefined) {
        const { exposedName, descriptionOverride } = known;
        const shown = exposedDefinition({ definition, originalName: name, exposedName, descriptionOverride });
        return { name: exposedName ?? name, definition: shown };
      }
      if (problemWithName(kind, name, naming) !== null) return null;
      const exposedName = exposedNameOf(kind, naming, name);
      const text = exposedDefinition({ definition, originalName: name, exposedName, descriptionOverride: null });
      return { name: exposedName ?? name, definition: text };
    });
    return { shown };
  }

  /**
   * What is shown of a tool that some callers are listed: as it was approved where its change is held back, null where it is all
   * new. `strange`: those that are not stored, which may have been.
   */
  private async holdingOf(
    gateway: GatewayEntity,
    strange: readonly string[],
  ): Promise<(name: string, listed: string, known: EntryEntity | undefined) => string | null> {
    const policy = changePolicyOf(gateway, this.settings.toolChanges);
    const undecided = await this.ledger.findOpen(gateway.id);
    const open = new Set(undecided.map(({ originalName }) => originalName));
    const blocked = new Set(undecided.filter(({ state }) => state === 'blocked').map((each) => each.originalName));
    const history = await this.ledger.findNewest(gateway.id, strange);
    return (name, listed, known) => {
      if (blocked.has(name)) return null;
      if (policy === 'accept' && !open.has(name)) return listed;
      const newest = history.get(name);
      const served = known === undefined ? (newest ? servedAfter(newest) : null) : versionOf(known);
      if (served !== null && (served.definition === listed || served.legacyDefinition === listed)) return listed;
      const now = versionOf({ definition: listed, headerParams: [] });
      const before = served && { ...now, definition: served.definition };
      const isShown = !open.has(name) && !isHeld(policy, classify(name, before, now).class);
      return isShown ? listed : (served?.definition ?? null);
    };
  }

  /** Has it stand in the findings of the gateway. */
  async note(gatewayId: string): Promise<void> {
    if (this.noted.has(gatewayId)) return;
    await this.gateways.noteOwnLists(gatewayId);
    this.noted.add(gatewayId);
  }
}
