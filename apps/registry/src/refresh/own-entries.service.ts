import { Injectable } from '@nestjs/common';
import type { ReplyOf, RequestOf } from '#contracts/define';
import type { ShowEntries } from '#contracts/registry/show-entries.request';
import { keyOf } from '../entries/difference.js';
import { exposedDefinition } from '../entries/exposed-definition.js';
import { exposedNameOf, namingOf, problemWithName } from '../entries/names/naming.js';
import { GatewayEntriesService } from '../entries/gateway-entries.service.js';
import { problemWithDefinition } from '../gateways/discovery-result.js';
import { GatewayService } from '../gateways/gateway.service.js';
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
  ) {}

  /** Throws `upstream.unknown`. */
  async show(upstreamId: string, entries: readonly Entry[]): Promise<Reply> {
    const gateway = await this.gateways.findEnabled(upstreamId);
    const naming = namingOf(gateway);
    const stored = new Map((await this.entries.findOf(upstreamId)).map((entry) => [keyOf(entry), entry]));
    const switchedOff = await this.entries.findSwitchedOff(upstreamId);
    const shown = entries.map(({ list, name, definition }) => {
      const kind = KIND_OF.get(list) as EntryKind;
      const key = keyOf({ kind, originalName: name });
      const known = stored.get(key);
      if (switchedOff.has(key) || known?.enabled === false || problemWithDefinition(definition) !== null) return null;
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

  /** Has it stand in the findings of the gateway. */
  async note(gatewayId: string): Promise<void> {
    if (this.noted.has(gatewayId)) return;
    await this.gateways.noteOwnLists(gatewayId);
    this.noted.add(gatewayId);
  }
}
