import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { isAppUri } from '../catalog/app-links.js';
import type { EntryKind } from '../entries/naming.js';
import type { EntryEntity } from '../entries/entry.entity.js';
import { EntryRepository } from '../entries/entry.repository.js';
import type { GatewayEntity } from '../gateways/gateway.entity.js';
import { GatewayRepository } from '../gateways/gateway.repository.js';

const LISTS: readonly { readonly member: string; readonly noun: string; readonly kinds: readonly EntryKind[] }[] = [
  { member: 'associatedTools', noun: 'tool', kinds: ['tool'] },
  { member: 'associatedResources', noun: 'resource', kinds: ['resource', 'template'] },
  { member: 'associatedPrompts', noun: 'prompt', kinds: ['prompt'] },
];

export type Choices = Readonly<Record<string, readonly string[] | undefined>>;

/** Reads what a virtual server is to show: entries by id, exposed name or URI, each known to the caller, none twice. */
@Injectable()
export class ServerChoice {
  constructor(
    private readonly entries: EntryRepository,
    private readonly gateways: GatewayRepository,
  ) {}

  /** The ids, in order. A list that is not given keeps what is in `before`. */
  async read(
    choices: Choices,
    before: readonly EntryEntity[],
    principal: Principal,
    manager: EntityManager,
  ): Promise<string[]> {
    const chosen: EntryEntity[] = [];
    for (const { member, noun, kinds } of LISTS) {
      const wanted = choices[member];
      if (wanted === undefined) chosen.push(...before.filter(({ kind }) => kinds.includes(kind)));
      else chosen.push(...(await this.resolve(noun, kinds, [...new Set(wanted)], principal, manager)));
    }
    const unique = [...new Map(chosen.map((entry) => [entry.id, entry])).values()];
    await this.refuseNamesakes(unique, manager);
    return unique.map(({ id }) => id);
  }

  private async resolve(
    noun: string,
    kinds: readonly EntryKind[],
    wanted: readonly string[],
    principal: Principal,
    manager: EntityManager,
  ): Promise<EntryEntity[]> {
    const found = await this.entries.findChosen(kinds, wanted, principal, manager);
    const byId = new Map(found.map((entry) => [entry.id, entry]));
    const byName = Map.groupBy(found, clientName);
    const unknown = wanted.filter((choice) => !byId.has(choice) && !byName.has(choice));
    if (unknown.length > 0) {
      throw fail('registry.unknown', { message: `There is no ${noun} ${quoted(unknown)}`, data: { unknown } });
    }
    return wanted.flatMap((choice) => {
      const own = byId.get(choice);
      return own === undefined ? (byName.get(choice) ?? []) : [own];
    });
  }

  /** Within one server a name or URI stands for one entry. */
  private async refuseNamesakes(chosen: readonly EntryEntity[], manager: EntityManager): Promise<void> {
    const first = new Map<string, EntryEntity>();
    for (const entry of chosen) {
      const key = `${entry.kind} ${clientName(entry)}`;
      const other = first.get(key);
      // Apps of one URI are told apart by the gateway they are of.
      if (other === undefined || (entry.kind === 'resource' && isAppUri(entry.originalName))) {
        first.set(key, entry);
        continue;
      }
      const gateways = await this.gateways.findByIds([other.gatewayId, entry.gatewayId], manager);
      const sides = [other, entry].map((side) => ({ id: side.id, gateway: nameOf(gateways, side.gatewayId) }));
      throw fail('registry.name_taken', {
        message:
          `Two entries would be called "${clientName(entry)}" here: ` +
          sides.map((side) => `${side.id} of the gateway "${side.gateway}"`).join(' and '),
        data: { name: clientName(entry), entries: sides },
      });
    }
  }
}

const clientName = ({ exposedName, originalName }: EntryEntity): string => exposedName ?? originalName;

const nameOf = (gateways: readonly GatewayEntity[], id: string): string =>
  gateways.find((gateway) => gateway.id === id)?.name ?? id;

const QUOTED_MAX = 10;
const quoted = (names: readonly string[]): string =>
  names
    .slice(0, QUOTED_MAX)
    .map((name) => `"${name.slice(0, 128)}"`)
    .join(', ');
